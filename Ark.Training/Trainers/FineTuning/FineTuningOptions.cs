using System.ComponentModel.DataAnnotations;
using Ark.Data;

namespace Ark.Training;

/// <summary>How a network is fine-tuned on one dataset. The defaults are those of the published benchmark (BenchmarkTransformers), except where a value says otherwise.</summary>
public sealed record FineTuningOptions
{
    /// <summary>The weight file whose backbone is started from; <see langword="null"/> for random weights.</summary>
    /// <value>The default is none.</value>
    public string? Initial { get; init; }

    /// <summary>Where in the file the state dict is; <see langword="null"/> prefers the teacher.</summary>
    /// <value>The default is none.</value>
    public string? NestedKey { get; init; }

    /// <summary>The backbone's name; <see langword="null"/> for that of <see cref="Initial"/>.</summary>
    /// <value>The default is none.</value>
    public string? Architecture { get; init; }

    /// <summary>Side of the square input in pixels; <see langword="null"/> for the backbone's own.</summary>
    /// <value>The default is none.</value>
    [Display(Name = "--img-size")]
    [Range(16, 4096)]
    public int? ImageSize { get; init; }

    /// <summary>How pixels are normalised: <c>imagenet</c>, <c>chestx-ray</c> or <c>none</c>.</summary>
    /// <value>The default is <c>imagenet</c>.</value>
    [Display(Name = "--normalization")]
    [AllowedValues("imagenet", "chestx-ray", "none")]
    public string Normalization { get; init; } = "imagenet";

    /// <summary>Whether only the new head learns.</summary>
    /// <value>The default is <see langword="false"/>.</value>
    public bool FreezeEncoder { get; init; }

    /// <summary>What each layer's rate is of that of the layer above it; 1 for one rate everywhere.</summary>
    /// <value>The default is 1.</value>
    [Display(Name = "--layer-decay")]
    [Range(0.1, 1)]
    public double LayerDecay { get; init; } = 1;

    /// <summary>The parameter of mix-up's beta distribution; 0 for no mix-up.</summary>
    /// <value>The default is 0.</value>
    [Display(Name = "--mixup")]
    [Range(0.0, 1)]
    public double MixUp { get; init; }

    /// <summary>Highest probability of stochastic depth.</summary>
    /// <value>The default is 0.</value>
    [Display(Name = "--drop-path")]
    [Range(0, 0.9)]
    public double DropPathRate { get; init; }

    /// <summary>Smallest random crop as a share of the area.</summary>
    /// <value>The default is 0.08.</value>
    [Display(Name = "--smallest-crop")]
    [Range(0.01, 1)]
    public double SmallestCrop { get; init; } = 0.08;

    /// <summary>Passes over the training split at most.</summary>
    /// <value>The default is 200.</value>
    [Display(Name = "--epochs")]
    [Range(1, 100_000)]
    public int Epochs { get; init; } = 200;

    /// <summary>Images of a step.</summary>
    /// <value>The default is 64.</value>
    [Display(Name = "--batch-size")]
    [Range(1, 65_536)]
    public int BatchSize { get; init; } = 64;

    /// <summary>The optimiser.</summary>
    /// <value>The default is <see cref="OptimizerKind.Momentum"/>.</value>
    public OptimizerKind Optimizer { get; init; } = OptimizerKind.Momentum;

    /// <summary>Learning rate at the top of its schedule, of the head.</summary>
    /// <value>The default is 0.01.</value>
    [Display(Name = "--lr")]
    [Range(1e-12, 100)]
    public double LearningRate { get; init; } = 1e-2;

    /// <summary>Momentum of SGD.</summary>
    /// <value>The default is 0.9.</value>
    [Display(Name = "--momentum")]
    [Range(0, 0.9999)]
    public double Momentum { get; init; } = 0.9;

    /// <summary>Weight decay on matrices.</summary>
    /// <value>The default is 0.</value>
    [Display(Name = "--weight-decay")]
    [Range(0.0, 10)]
    public double WeightDecay { get; init; }

    /// <summary>Epochs of linear warm-up.</summary>
    /// <value>The default is 20 as published, or a tenth of <see cref="Epochs"/> where that is less.</value>
    [Display(Name = "--warmup-epochs")]
    [Range(0, 100_000)]
    public int? WarmupEpochs { get; init; }

    /// <summary>Learning rate that warm-up begins with.</summary>
    /// <value>The default is 1e-6.</value>
    [Display(Name = "--warmup-lr")]
    [Range(0.0, 100)]
    public double WarmupLearningRate { get; init; } = 1e-6;

    /// <summary>Learning rate at the end.</summary>
    /// <value>The default is 1e-5.</value>
    [Display(Name = "--min-lr")]
    [Range(0.0, 100)]
    public double MinimumLearningRate { get; init; } = 1e-5;

    /// <summary>Largest gradient norm; <see langword="null"/> for no limit.</summary>
    /// <value>The default is none.</value>
    [Display(Name = "--clip-grad")]
    [Range(1e-6, 1e6)]
    public double? ClipGradient { get; init; }

    /// <summary>Epochs without a lower validation loss after which a trial ends; 0 to go on to the last.</summary>
    /// <value>The default is 10.</value>
    [Display(Name = "--patience")]
    [Range(0, 100_000)]
    public int Patience { get; init; } = 10;

    /// <summary>Trials; each has a seed of its own.</summary>
    /// <value>The default is 1.</value>
    [Display(Name = "--trials")]
    [Range(1, 1000)]
    public int Trials { get; init; } = 1;

    /// <summary>The first trial's seed; the next ones count on.</summary>
    /// <value>The default is 0.</value>
    public ulong Seed { get; init; }

    /// <summary>Views of a test image whose probabilities are averaged: 1 or 10.</summary>
    /// <value>The default is 10.</value>
    [AllowedValues(1, 10)]
    public int TestCrops { get; init; } = 10;

    /// <summary>Threads that prepare images.</summary>
    /// <value>The default is 2.</value>
    [Display(Name = "--workers")]
    [Range(1, 1024)]
    public int Workers { get; init; } = 2;

    /// <summary>What happens when an image cannot be read.</summary>
    /// <value>The default is <see cref="BadImagePolicy.Stop"/>.</value>
    public BadImagePolicy BadImages { get; init; }

    /// <summary>Where to compute: <c>cpu</c>, <c>cuda</c> or <c>cuda:N</c>.</summary>
    /// <value>The default is <c>cpu</c>.</value>
    [Display(Name = "--device")]
    [RegularExpression("cpu|cuda(:[0-9]{1,2})?")]
    public string Device { get; init; } = "cpu";

    internal int Warmup => WarmupEpochs ?? Math.Min(20, Epochs / 10);

    /// <summary>Checks every value, and those that depend on each other.</summary>
    /// <exception cref="ArkInputException">A value cannot be used; the message names it.</exception>
    public void Validate()
    {
        var problems = new List<ValidationResult>();
        if (!Validator.TryValidateObject(this, new ValidationContext(this), problems, validateAllProperties: true)) throw Refuse(problems[0].MemberNames.First(), problems[0].ErrorMessage!.TrimEnd('.'));
        if (Warmup > 0 && Warmup >= Epochs) throw Refuse(nameof(WarmupEpochs), $"a warm-up of {Warmup} epochs does not fit into {Epochs}", "Make it shorter (--warmup-epochs), or train longer (--epochs).");
        if (MinimumLearningRate > LearningRate) throw Refuse(nameof(MinimumLearningRate), "is above the learning rate", "Lower it (--min-lr), or raise the learning rate (--lr).");
        if (Initial is null && Architecture is null) throw Refuse(nameof(Architecture), "is not given, and no weight file tells it", "Name one (--model), or start from a file (--init).");
    }

    private static ArkInputException Refuse(string option, string problem, string? mend = null) => new("fine-tuning options", $"'{option}'", problem, mend);
}
