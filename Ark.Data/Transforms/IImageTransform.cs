namespace Ark.Data;

/// <summary>
/// Turns a decoded image into the network's input: one view for evaluation, two for training (student, teacher), ten for TenCrop.
/// Thread-safe: all randomness comes from the stream that is passed in.
/// </summary>
internal interface IImageTransform
{
    /// <summary>How many views of an image it makes.</summary>
    int Views { get; }

    /// <summary>Rows of a view.</summary>
    int Height { get; }

    /// <summary>Columns of a view.</summary>
    int Width { get; }

    /// <summary>Makes the views.</summary>
    /// <param name="image">The decoded image; not changed.</param>
    /// <param name="random">The sample's own stream.</param>
    /// <param name="destination">Receives <c>[Views, 3, Height, Width]</c>, normalised.</param>
    void Apply(RasterImage image, RandomStream random, Span<float> destination);
}
