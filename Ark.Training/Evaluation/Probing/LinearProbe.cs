using Ark.Data;
using Ark.Inference;

namespace Ark.Evaluation;

/// <summary>
/// Measures how much a linear model gets out of features: a logistic regression on a dataset's training split, its L2 penalty chosen on
/// validation, its figures measured on test, which takes part in no choice. Several kinds of features are probed on the same images and
/// compared image by image. Thread-safe. A host gets it from <c>AddArk().AddTraining()</c>.
/// </summary>
/// <param name="decoder">Decodes images.</param>
public sealed class LinearProbe(IImageDecoder decoder)
{
    /// <summary>Probes features on a dataset.</summary>
    /// <param name="dataset">The dataset; it needs all three splits.</param>
    /// <param name="features">The features, at least one. The first is compared with each of the others.</param>
    /// <param name="options">How; <see langword="null"/> for the defaults.</param>
    /// <param name="progress">Is told what happens; may be called from any thread.</param>
    /// <param name="cancellationToken">Ends the work early.</param>
    /// <returns>The figures, in the order of the features.</returns>
    /// <exception cref="ArkInputException">
    /// An option is out of range; a list, an image or a file of embeddings cannot be used; a model has no such embedding; or no image of a
    /// split has all features.
    /// </exception>
    /// <exception cref="OperationCanceledException">The token was canceled.</exception>
    public async Task<ProbeResult> ProbeAsync(
        ArkDataset dataset, IReadOnlyList<ProbeFeatures> features, ProbeOptions? options = null, IProgress<WorkProgress>? progress = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(dataset);
        ArgumentNullException.ThrowIfNull(features);
        ArgumentOutOfRangeException.ThrowIfZero(features.Count, nameof(features));
        options ??= new ProbeOptions();
        Check(options);
        var sources = new List<FeatureSource>();
        try
        {
            foreach (var kind in features)
                sources.Add(await OwnThread.RunAsync(() => kind.Open(decoder, options, cancellationToken), cancellationToken)
                    .ConfigureAwait(false));
            var run = await ProbeRun.ReadAsync(dataset, sources, options, progress, cancellationToken).ConfigureAwait(false);
            return await OwnThread.RunAsync(() => run.Measure(progress, cancellationToken), cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            sources.ForEach(s => s.Dispose());
        }
    }

    private static void Check(ProbeOptions options)
    {
        if (options.Penalties.Count == 0 || options.Penalties.Any(p => !double.IsFinite(p) || p < 0))
            throw Error("Penalties", "are no penalties", "Give at least one number from 0 up.");
        if (options.Shots.FirstOrDefault(s => s < 1, 1) is < 1 and var few)
            throw Error("Shots", $"{few} is no number of images", "Give numbers from 1 up.");
        if (options.Repeats < 1) throw Error("Repeats", $"{options.Repeats} is too few", "Give at least 1.");
        if (options.Replicates < 0) throw Error("Replicates", $"{options.Replicates} is too few", "Give at least 0.");
        if (options.BatchSize < 1) throw Error("BatchSize", $"{options.BatchSize} is too few", "Give at least 1.");
        if (options.Workers < 1) throw Error("Workers", $"{options.Workers} is too few", "Give at least 1.");
    }

    private static ArkInputException Error(string option, string problem, string hint) =>
        new("probe options", $"'{option}'", problem, hint);
}
