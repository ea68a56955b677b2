using System.ComponentModel.DataAnnotations;
using Ark.Models;

namespace Ark.Inference;

/// <summary>One named model of a host.</summary>
public sealed class ArkModelOptions
{
    /// <summary>The weight file.</summary>
    [Required]
    public string Checkpoint { get; set; } = "";

    /// <summary>Which of the file's two networks is loaded.</summary>
    /// <value>The default is <see cref="ModelRole.Teacher"/>, the one to reuse.</value>
    public ModelRole Weights { get; set; } = ModelRole.Teacher;

    /// <summary>Where in the file the state dict is, instead of <see cref="Weights"/>: <c>model_ema</c>, <c>a.b</c>.</summary>
    /// <value>The default is <see langword="null"/>: what is recognized.</value>
    public string? NestedKey { get; set; }

    /// <summary>What is taken off the names of the file's tensors; see <see cref="PyTorchLoadOptions.StripPrefix"/>.</summary>
    /// <value>The default is <see langword="null"/>: what training frameworks put there.</value>
    public string? StripPrefix { get; set; }

    /// <summary>Classes that may be in the file beside the weights; see <see cref="PyTorchLoadOptions.InertNames"/>.</summary>
    /// <value>The default is none.</value>
    public IList<string> InertNames { get; set; } = [];

    /// <summary>Where the model lives: <c>cpu</c>, <c>cuda</c> or <c>cuda:N</c>.</summary>
    /// <value>The default is <see cref="ArkOptions.Device"/>.</value>
    [RegularExpression("cpu|cuda(:[0-9]{1,2})?")]
    public string? Device { get; set; }

    /// <summary>What the model's embedding generator gives.</summary>
    /// <value>The default is <see cref="EmbeddingKind.Pooled"/>; tokens are no single vector and are not given.</value>
    [AllowedValues(EmbeddingKind.Pooled, EmbeddingKind.Projected)]
    public EmbeddingKind Embedding { get; set; } = EmbeddingKind.Pooled;

    /// <summary>A calibration file that corrects the classifier's probabilities; see <c>ark calibrate</c>.</summary>
    /// <value>The default is none.</value>
    public string? Calibration { get; set; }

    /// <summary>Images that share a batch at most.</summary>
    /// <value>The default is 32.</value>
    [Range(1, 4096)]
    public int MaxBatchSize { get; set; } = 32;

    /// <summary>
    /// How long a batch that is not full waits for images that are being decoded at that moment. With nobody on the way it does not wait.
    /// </summary>
    /// <value>The default is 5 milliseconds; at most a minute.</value>
    [Range(typeof(TimeSpan), "00:00:00", "00:01:00")]
    public TimeSpan MaxBatchDelay { get; set; } = TimeSpan.FromMilliseconds(5);

    /// <summary>Images that are prepared or wait in memory at most; further callers wait for a place.</summary>
    /// <value>The default is 128.</value>
    [Range(1, 1 << 20)]
    public int QueueCapacity { get; set; } = 128;

    /// <summary>The arithmetic.</summary>
    /// <value>The default is <see cref="InferencePrecision.Fp32"/>.</value>
    public InferencePrecision Precision { get; set; } = InferencePrecision.Fp32;

    /// <summary>Rows and columns of an image, for a weight file whose tensors do not tell them.</summary>
    /// <value>The default is what the file tells, or what is usual for its windows.</value>
    [Range(1, 4096)]
    public int? ImageSize { get; set; }

    /// <summary>When the model is loaded.</summary>
    /// <value>The default is <see cref="ModelLoading.WhenAsked"/>.</value>
    public ModelLoading Loading { get; set; }
}
