using System.ComponentModel.DataAnnotations;

namespace Ark.Inference;

/// <summary>One named segmentation network of a host.</summary>
public sealed class ArkSegmenterOptions
{
    /// <summary>The checkpoint that a segmentation training wrote.</summary>
    [Required]
    public string Checkpoint { get; set; } = "";

    /// <summary>Where the network lives: <c>cpu</c>, <c>cuda</c> or <c>cuda:N</c>.</summary>
    /// <value>The default is <see cref="ArkOptions.Device"/>.</value>
    [RegularExpression("cpu|cuda(:[0-9]{1,2})?")]
    public string? Device { get; set; }

    /// <summary>
    /// Whether the grey levels of each picture are spread over the full range first, a hundredth of the pixels at each end left aside: for
    /// pictures of low contrast.
    /// </summary>
    /// <value>The default is <see langword="false"/>: pictures are prepared as in training.</value>
    public bool Stretch { get; set; }

    /// <summary>
    /// Whether masks are left as the network finds them; else small islands go and holes are filled, of every structure but ribs.
    /// </summary>
    /// <value>The default is <see langword="false"/>.</value>
    public bool RawMasks { get; set; }

    /// <summary>Images that are decoded and run at once; further callers wait.</summary>
    /// <value>The default is 2.</value>
    [Range(1, 1024)]
    public int MaxConcurrency { get; set; } = 2;

    /// <summary>When the network is loaded.</summary>
    /// <value>The default is <see cref="ModelLoading.WhenAsked"/>.</value>
    public ModelLoading Loading { get; set; }
}
