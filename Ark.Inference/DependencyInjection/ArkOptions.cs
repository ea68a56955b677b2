using System.ComponentModel.DataAnnotations;

namespace Ark.Inference;

/// <summary>What all of Ark in one host shares.</summary>
public sealed class ArkOptions
{
    /// <summary>The section of a host's configuration that these options bind to.</summary>
    public const string SectionName = "Ark";

    /// <summary>Where models live that do not say otherwise: <c>cpu</c>, <c>cuda</c> or <c>cuda:N</c>.</summary>
    /// <value>The default is <c>cpu</c>.</value>
    [RegularExpression("cpu|cuda(:[0-9]{1,2})?")]
    public string Device { get; set; } = "cpu";

    /// <summary>
    /// Bytes of pictures that models, segmentation networks and heat maps of this host decode and hold at a time, together. They are known
    /// from a picture's header; pictures beyond it wait in turn, and one that is larger than all of it goes through alone. Counted are
    /// pictures that the built-in decoder reads.
    /// </summary>
    /// <value>The default is 268,435,456 (256 MB): ten pictures of 2048x2048 in colour.</value>
    [Range(1L << 20, 1L << 40)]
    public long MaxDecodingBytes { get; set; } = 1L << 28;

    /// <summary>
    /// Whether the memory of pictures goes back to the machine: a collection of the whole managed heap whenever half of
    /// <see cref="MaxDecodingBytes"/> has been freed, and of everything two seconds after the last picture, with glibc's freed blocks. For
    /// programs whose work this is; a large heap of other things makes each collection slow.
    /// </summary>
    /// <value>The default is <see langword="false"/>: the runtime decides.</value>
    public bool ReturnMemory { get; set; }
}
