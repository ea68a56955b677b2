using System.ComponentModel.DataAnnotations;
using Ark.Inference;
using Ark.Models;

namespace Ark.Training;

/// <summary>How a segmentation network is trained. The defaults are those of the published code, except where a value says otherwise.</summary>
public sealed class SegmentationOptions
{
    /// <summary>The backbone's name; see <c>SwinVariants</c>.</summary>
    /// <value>The default is that of <see cref="Initial"/>; <c>swin_base_patch4_window7_224</c> where there is none.</value>
    public string? Architecture { get; set; }

    /// <summary>The weight file whose backbone is started from: of Ark, of Ark+, of ImageNet; <see langword="null"/> for random weights.</summary>
    /// <value>The default is none.</value>
    public string? Initial { get; set; }

    /// <summary>Where in the file the state dict is; <see langword="null"/> prefers the teacher.</summary>
    /// <value>The default is none.</value>
    public string? NestedKey { get; set; }

    /// <summary>Side of the square input in pixels: a multiple of 32 for backbones of four stages and patches of 4.</summary>
    /// <value>The default is 224.</value>
    [Display(Name = "--img-size")]
    [Range(16, SegmentationDescription.LargestImageSize)]
    public int ImageSize { get; set; } = 224;

    /// <summary>What turns the backbone's features into scores.</summary>
    /// <value>The default is <see cref="UperNetDecoder.Published"/>.</value>
    public UperNetDecoder Decoder { get; set; }

    /// <summary>Channels of <see cref="UperNetDecoder.Detailed"/>.</summary>
    /// <value>The default is 32.</value>
    [Display(Name = "--width")]
    [Range(4, 4096)]
    public int Width { get; set; } = 32;

    /// <summary>How pixels are normalised: <c>imagenet</c>, <c>chestx-ray</c> or <c>none</c>.</summary>
    /// <value>The default is <c>imagenet</c>.</value>
    [Display(Name = "--normalization")]
    [AllowedValues("imagenet", "chestx-ray", "none")]
    public string Normalization { get; set; } = "imagenet";

    /// <summary>Highest probability of stochastic depth.</summary>
    /// <value>The default is 0.1.</value>
    [Display(Name = "--drop-path")]
    [Range(0, 0.9)]
    public double DropPathRate { get; set; } = 0.1;

    /// <summary>What training lowers.</summary>
    /// <value>The default is <see cref="SegmentationLoss.Dice"/>.</value>
    public SegmentationLoss Loss { get; set; }

    /// <summary>Passes over the training split at most.</summary>
    /// <value>The default is 500.</value>
    [Display(Name = "--epochs")]
    [Range(1, 100_000)]
    public int Epochs { get; set; } = 500;

    /// <summary>Images of a step; at least 2, which batch normalisation needs.</summary>
    /// <value>The default is 16.</value>
    [Display(Name = "--batch-size")]
    [Range(2, 65_536)]
    public int BatchSize { get; set; } = 16;

    /// <summary>The optimiser.</summary>
    /// <value>The default is <see cref="OptimizerKind.Momentum"/>.</value>
    public OptimizerKind Optimizer { get; set; } = OptimizerKind.Momentum;

    /// <summary>Learning rate at the top of its schedule.</summary>
    /// <value>The default is 0.05.</value>
    [Display(Name = "--lr")]
    [Range(1e-12, 100)]
    public double LearningRate { get; set; } = 0.05;

    /// <summary>Momentum of SGD.</summary>
    /// <value>The default is 0.9.</value>
    [Display(Name = "--momentum")]
    [Range(0, 0.9999)]
    public double Momentum { get; set; } = 0.9;

    /// <summary>Weight decay on matrices.</summary>
    /// <value>The default is 0.</value>
    [Display(Name = "--weight-decay")]
    [Range(0.0, 10)]
    public double WeightDecay { get; set; }

    /// <summary>Epochs of linear warm-up.</summary>
    /// <value>The default is 20 as published, or a tenth of <see cref="Epochs"/> where that is less.</value>
    [Display(Name = "--warmup-epochs")]
    [Range(0, 100_000)]
    public int? WarmupEpochs { get; set; }

    /// <summary>Learning rate that warm-up begins with.</summary>
    /// <value>The default is 0.</value>
    [Display(Name = "--warmup-lr")]
    [Range(0.0, 100)]
    public double WarmupLearningRate { get; set; }

    /// <summary>Learning rate at the end of the cosine.</summary>
    /// <value>The default is 0.</value>
    [Display(Name = "--min-lr")]
    [Range(0.0, 100)]
    public double MinimumLearningRate { get; set; }

    /// <summary>Largest gradient norm; <see langword="null"/> for no limit.</summary>
    /// <value>The default is none.</value>
    [Display(Name = "--clip-grad")]
    [Range(1e-6, 1e6)]
    public double? ClipGradient { get; set; }

    /// <summary>Epochs without a lower validation loss after which training ends; 0 to go on to the last.</summary>
    /// <value>The default is 20.</value>
    [Display(Name = "--patience")]
    [Range(0, 100_000)]
    public int Patience { get; set; } = 20;

    /// <summary>Whether training moves pictures with their masks and changes brightness and contrast.</summary>
    /// <value>The default is <see langword="true"/>.</value>
    public bool Augment { get; set; } = true;

    /// <summary>
    /// Whether training also varies what differs between devices: sharpness, as if pictures had been stored with 35 to 80 % of <see cref="ImageSize"/>, and gamma, brightness and contrast far more
    /// than <see cref="Augment"/> alone does. For networks that will see other pictures than those they learn from; not in the published code. Without <see cref="Augment"/> it does nothing.
    /// </summary>
    /// <value>The default is <see langword="false"/>.</value>
    public bool VaryQuality { get; set; }

    /// <summary>Numbers that the backbone computes in; weights are kept in float32.</summary>
    /// <value>The default is <see cref="TrainingPrecision.Fp32"/>.</value>
    public TrainingPrecision Precision { get; set; }

    /// <summary>What every random number comes from.</summary>
    /// <value>The default is 0.</value>
    public ulong Seed { get; set; }

    /// <summary>Batches that are prepared at once.</summary>
    /// <value>The default is 2.</value>
    [Display(Name = "--workers")]
    [Range(1, 1024)]
    public int Workers { get; set; } = 2;

    /// <summary>Where to compute: <c>cpu</c>, <c>cuda</c> or <c>cuda:N</c>.</summary>
    /// <value>The default is <c>cpu</c>.</value>
    [Display(Name = "--device")]
    [RegularExpression("cpu|cuda(:[0-9]{1,2})?")]
    public string Device { get; set; } = "cpu";

    internal int Warmup => WarmupEpochs ?? Math.Min(20, Epochs / 10);

    /// <summary>Checks every value, and those that depend on each other.</summary>
    /// <exception cref="ArkInputException">A value cannot be used; the message names it.</exception>
    public void Validate()
    {
        var problems = new List<ValidationResult>();
        if (!Validator.TryValidateObject(this, new ValidationContext(this), problems, validateAllProperties: true)) throw Refuse(problems[0].MemberNames.First(), problems[0].ErrorMessage!.TrimEnd('.'));
        if (Warmup > 0 && Warmup >= Epochs) throw Refuse(nameof(WarmupEpochs), $"a warm-up of {Warmup} epochs does not fit into {Epochs}", "Make it shorter (--warmup-epochs), or train longer (--epochs).");
        if (MinimumLearningRate > LearningRate) throw Refuse(nameof(MinimumLearningRate), "is above the learning rate", "Lower it (--min-lr), or raise the learning rate (--lr).");
        if (Device != "cpu" && !TorchSharp.torch.cuda.is_available()) throw Refuse(nameof(Device), "no CUDA device can be used here", "Use the cpu.");
    }

    /// <summary>The network of a new run.</summary>
    /// <exception cref="ArkInputException">The weight file holds no Swin Transformer, or another than was named, or the image size does not fit.</exception>
    internal SegmentationDescription Describe(IReadOnlyList<string> structures)
    {
        var backbone = Architecture is { } name ? SwinVariants.Get(name) : null;
        if (Initial is { } path)
        {
            var found = ArkModelConfiguration.Recognise(CheckpointFile.ReadIndex(path), NestedKey)?.Backbone
                ?? throw new ArkInputException(path, null, "holds no Swin Transformer that is known", "'ark inspect' lists what it holds.");
            backbone ??= found;
            if ((backbone.EmbedDim, backbone.PatchSize, string.Join(',', backbone.Depths)) != (found.EmbedDim, found.PatchSize, string.Join(',', found.Depths)))
                throw new ArkInputException(path, null, $"holds {found.Name}, not {backbone.Name}", "Leave --arch out to take the file's own.");
        }

        backbone ??= SwinVariants.Get("swin_base");
        var shape = (backbone with { PadsWindows = true, NumClasses = 0, DropPathRate = DropPathRate }).WithImageSize(ImageSize, ImageSize);
        return new SegmentationDescription(new UperNetConfiguration { Backbone = shape, Structures = structures, Decoder = Decoder, Width = Width }, Normalization);
    }

    internal SegmentationOptions Clone() => (SegmentationOptions)MemberwiseClone();

    private static ArkInputException Refuse(string option, string problem, string? mend = null) => new("segmentation options", $"'{option}'", problem, mend);
}
