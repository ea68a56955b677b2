namespace Ark.Data;

/// <summary>A transform whose first step is the same for a picture in every epoch, so that its result can be kept.</summary>
internal interface IPreparingTransform : IImageTransform
{
    /// <summary>Names the first step: two transforms of the same name prepare alike.</summary>
    string Preparation { get; }

    /// <summary>The size of every picture after the first step.</summary>
    ViewSize PreparedSize { get; }

    /// <summary>Does the first step.</summary>
    /// <param name="image">The stored picture.</param>
    /// <returns>The prepared picture.</returns>
    RasterImage Prepare(RasterImage image);

    /// <summary>Does the rest; the views are those of <see cref="IImageTransform.Apply"/> on the stored picture, bit for bit.</summary>
    /// <param name="prepared">What <see cref="Prepare"/> made.</param>
    /// <param name="random">The sample's own stream.</param>
    /// <param name="destination">Receives the views.</param>
    void ApplyPrepared(RasterImage prepared, RandomStream random, Span<float> destination);
}
