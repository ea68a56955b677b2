using System.ComponentModel.DataAnnotations;

namespace Ark.Training;

/// <summary>
/// How a network is fine-tuned on one dataset. The defaults are those of the published benchmark (BenchmarkTransformers), except where a
/// value says otherwise.
/// </summary>
public sealed class FineTuningOptions : OptimizationOptions
{
    /// <summary>Creates the published values.</summary>
    public FineTuningOptions()
    {
        DropPathRate = 0;
        Epochs = 200;
        Patience = 10;
        BatchSize = 64;
        Optimizer = OptimizerKind.Momentum;
        LearningRate = 1e-2;
    }

    /// <summary>Whether only the new head learns.</summary>
    /// <value>The default is <see langword="false"/>.</value>
    public bool FreezeEncoder { get; set; }

    /// <summary>What each layer's rate is of that of the layer above it; 1 for one rate everywhere.</summary>
    /// <value>The default is 1.</value>
    [Range(0.1, 1)]
    public double LayerDecay { get; set; } = 1;

    /// <summary>The parameter of mix-up's beta distribution; 0 for no mix-up.</summary>
    /// <value>The default is 0.</value>
    [Range(0.0, 1)]
    public double MixUp { get; set; }

    /// <summary>Smallest random crop as a share of the area.</summary>
    /// <value>The default is 0.08.</value>
    [Range(0.01, 1)]
    public double MinCropScale { get; set; } = 0.08;

    /// <summary>Trials; each has a seed of its own.</summary>
    /// <value>The default is 1.</value>
    [Range(1, 1000)]
    public int Trials { get; set; } = 1;

    /// <summary>Views of a test image whose probabilities are averaged: 1 or 10.</summary>
    /// <value>The default is 10.</value>
    [AllowedValues(1, 10, ErrorMessage = "must be 1 or 10")]
    public int TestTimeCrops { get; set; } = 10;

    internal FineTuningOptions Clone() => (FineTuningOptions)Copy();

    private protected override string Subject => "fine-tuning options";

    internal override IEnumerable<(string Property, string Problem, string? Hint)> Problems()
    {
        foreach (var problem in base.Problems()) yield return problem;
        if (InitialWeights is null && Architecture is null)
        {
            yield return (nameof(Architecture), "is not given, and no weight file tells it",
                $"Name one, or start from a file ('{nameof(InitialWeights)}').");
        }
    }
}
