using System.Globalization;
using Ark.Data;

namespace Ark.Tests;

/// <summary>An image of one grey pixel that tells who loads it, and can be slow or bad.</summary>
internal sealed class FakeImage(int id, Action<int>? onLoad = null) : ImageSource
{
    public override string Name => "image-" + id.ToString(CultureInfo.InvariantCulture);

    public override RasterImage Load(IImageDecoder decoder)
    {
        onLoad?.Invoke(id);
        return new RasterImage(1, 1, 1, [(byte)(id % 256)]);
    }

    public static ImageSample[] Samples(int count, Action<int>? onLoad = null) =>
        [.. Enumerable.Range(0, count).Select(i => new ImageSample(new FakeImage(i, onLoad), [i, -i]))];
}

/// <summary>Two views: the pixel, and what the sample's stream draws.</summary>
internal sealed class FakeTransform : IImageTransform
{
    public int Views => 2;

    public int Height => 2;

    public int Width => 3;

    public void Apply(RasterImage image, RandomStream random, Span<float> destination)
    {
        destination[..18].Fill(image.Pixels[0]);
        for (var i = 18; i < 36; i++) destination[i] = (float)random.NextDouble();
    }
}

/// <summary>Fake images need no decoder.</summary>
internal sealed class NoDecoder : IImageDecoder
{
    public RasterImage Decode(ReadOnlyMemory<byte> encoded, string name) =>
        throw new InvalidOperationException("Fake images decode nothing.");

    public RasterImage DecodeFile(string path) => throw new InvalidOperationException("Fake images decode nothing.");
}
