using System.Runtime.InteropServices;

namespace Ark.Data;

/// <summary>
/// Makes the network's input and target. Training moves picture and masks together (shift by up to 1/16, scale by up to a tenth, rotation
/// by up to 10 degrees, borders mirrored, masks by the nearest pixel) in half of the draws, and changes brightness and contrast by up to a
/// fifth in half of them: what the published training draws. Thread-safe.
/// </summary>
internal sealed class SegmentationTransform(ViewSize size, int structures, Normalization normalization)
{
    private readonly PixelTables _tables = PixelTables.InSingle(normalization);

    public ViewSize Size => size;

    public int Structures => structures;

    /// <summary>
    /// Whether training varies sharpness and grey levels widely, in place of the small changes of brightness and contrast; see
    /// <see cref="QualityVariation"/>.
    /// </summary>
    public bool VariesQuality { get; init; }

    /// <summary>Whether training varies how pictures are framed; see <see cref="FrameVariation"/>.</summary>
    public bool VariesFraming { get; init; }

    /// <summary>Writes a picture as it is.</summary>
    /// <param name="image">A picture in the network's size.</param>
    /// <param name="destination"><c>[3, Height, Width]</c>.</param>
    public void Write(RasterImage image, Span<float> destination) => _tables.Write(Bitmap.Of(image), destination);

    /// <summary>Writes input and target of a sample.</summary>
    /// <param name="picture">The sample.</param>
    /// <param name="random">Draws the augmentation; <see langword="null"/> for none.</param>
    /// <param name="image">Receives <c>[3, Height, Width]</c>.</param>
    /// <param name="target">Receives <c>[Structures, Height, Width]</c>, 0 or 1, or NaN where a pixel is left out.</param>
    public void Write(PreparedPicture picture, RandomStream? random, Span<float> image, Span<float> target)
    {
        if (random is null)
        {
            Write(picture.Image, image);
            WriteMasks(picture.Masks, picture.Ignored, target);
            return;
        }

        if (VariesFraming) picture = FrameVariation.Apply(picture, random);
        var source = VariesQuality ? QualityVariation.Coarsen(picture.Image, random) : picture.Image;
        ShiftScaleRotate? warp = random.Chance(0.5)
            ? new(random.Uniform(-10, 10), random.Uniform(0.9, 1.1), random.Uniform(-0.0625, 0.0625), random.Uniform(-0.0625, 0.0625))
            : null;
        var curve = VariesQuality ? QualityVariation.Curve(random) : SmallCurve(random);
        if (warp is not { } moved)
        {
            _tables.Write(Bitmap.Of(source), image, curve);
            WriteMasks(picture.Masks, picture.Ignored, target);
            return;
        }

        var channels = source.Channels;
        using var warped = new PooledBytes(size.Pixels * Math.Max(channels, sizeof(uint)));
        var pixels = warped.Span[..(size.Pixels * channels)];
        CvWarp.Apply(Bitmap.Of(source), pixels, moved, linear: true);
        _tables.Write(new Bitmap(pixels, size.Width, size.Height, channels), image, curve);
        // Four bytes of bits move like four channels of a picture.
        var bits = warped.Span[..(size.Pixels * sizeof(uint))];
        CvWarp.Apply(
            new Bitmap(MemoryMarshal.AsBytes(picture.Masks.AsSpan()), size.Width, size.Height, sizeof(uint)), bits, moved, linear: false);
        WriteMasks(MemoryMarshal.Cast<byte, uint>(bits), default, target);
        if (picture.Ignored is not { } ignored) return;
        CvWarp.Apply(
            new Bitmap(MemoryMarshal.AsBytes(ignored.AsSpan()), size.Width, size.Height, sizeof(uint)), bits, moved, linear: false);
        LeaveOut(MemoryMarshal.Cast<byte, uint>(bits), target);
    }

    private static byte[]? SmallCurve(RandomStream random) =>
        random.Chance(0.5) ? IntensityCurve.BrightnessContrast(1 + random.Uniform(-0.2, 0.2), random.Uniform(-0.2, 0.2)) : null;

    private void WriteMasks(ReadOnlySpan<uint> masks, ReadOnlySpan<uint> ignored, Span<float> target)
    {
        for (var k = 0; k < structures; k++)
        {
            var plane = target.Slice(k * masks.Length, masks.Length);
            for (var i = 0; i < plane.Length; i++) plane[i] = (masks[i] >> k) & 1;
        }

        LeaveOut(ignored, target);
    }

    // As labels that are missing: NaN is what no loss may touch.
    private void LeaveOut(ReadOnlySpan<uint> ignored, Span<float> target)
    {
        for (var k = 0; k < structures && !ignored.IsEmpty; k++)
        {
            var plane = target.Slice(k * ignored.Length, ignored.Length);
            for (var i = 0; i < plane.Length; i++)
            {
                if (((ignored[i] >> k) & 1) != 0) plane[i] = float.NaN;
            }
        }
    }
}
