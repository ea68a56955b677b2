using Ark.Data;

namespace Ark.Evaluation;

/// <summary>Where the features of a probe come from: a network, a file, or the pixels.</summary>
internal abstract class FeatureSource : IDisposable
{
    /// <summary>What to call it in results.</summary>
    public abstract string Name { get; }

    /// <summary>Features of images.</summary>
    /// <param name="samples">The images.</param>
    /// <param name="dataset">Their dataset.</param>
    /// <param name="progress">Is told what happens.</param>
    /// <param name="cancellationToken">Ends the reading early.</param>
    /// <returns>A row for each image, all of one length; <see langword="null"/> for those that the source does not have.</returns>
    public abstract float[]?[] Read(
        IReadOnlyList<ImageSample> samples, ArkDataset dataset, IProgress<WorkProgress>? progress, CancellationToken cancellationToken);

    public virtual void Dispose()
    {
    }
}
