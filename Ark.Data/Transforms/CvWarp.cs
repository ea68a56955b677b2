using System.Runtime.InteropServices;

namespace Ark.Data;

/// <summary>
/// OpenCV's <c>warpAffine</c> with a mirrored border (reflect-101) for 8-bit images, bit for bit: positions in steps of 1/1024, and for
/// linear interpolation weights in steps of 1/32.
/// </summary>
internal static class CvWarp
{
    private const int PositionBits = 10;
    private const int FractionBits = 5;
    private const int Fractions = 1 << FractionBits;

    public static void Apply(Bitmap source, Span<byte> destination, in ShiftScaleRotate warp, bool linear)
    {
        Span<double> inverse = stackalloc double[6];
        Invert(warp.Matrix(source.Width, source.Height), inverse);
        int width = source.Width, height = source.Height, channels = source.Channels;
        using var scratch = new PooledBytes(2 * width * sizeof(int));
        var steps = MemoryMarshal.Cast<byte, int>(scratch.Span);
        var stepsX = steps[..width];
        var stepsY = steps[width..];
        for (var x = 0; x < width; x++)
        {
            stepsX[x] = Fixed(inverse[0] * x);
            stepsY[x] = Fixed(inverse[3] * x);
        }

        var rounding = linear ? 1 << (PositionBits - FractionBits - 1) : 1 << (PositionBits - 1);
        for (var y = 0; y < height; y++)
        {
            var startX = Fixed((inverse[1] * y) + inverse[2]) + rounding;
            var startY = Fixed((inverse[4] * y) + inverse[5]) + rounding;
            var to = destination.Slice(y * width * channels, width * channels);
            if (linear) LinearRow(source, to, stepsX, stepsY, startX, startY);
            else NearestRow(source, to, stepsX, stepsY, startX, startY);
        }
    }

    private static void NearestRow(Bitmap source, Span<byte> to, ReadOnlySpan<int> stepsX, ReadOnlySpan<int> stepsY, int startX, int startY)
    {
        var channels = source.Channels;
        for (var x = 0; x < stepsX.Length; x++)
        {
            var column = Reflect((startX + stepsX[x]) >> PositionBits, source.Width);
            var row = Reflect((startY + stepsY[x]) >> PositionBits, source.Height);
            var from = (row * source.Stride) + (column * channels);
            for (var c = 0; c < channels; c++) to[(x * channels) + c] = source.Pixels[from + c];
        }
    }

    private static void LinearRow(Bitmap source, Span<byte> to, ReadOnlySpan<int> stepsX, ReadOnlySpan<int> stepsY, int startX, int startY)
    {
        var channels = source.Channels;
        var pixels = source.Pixels;
        for (var x = 0; x < stepsX.Length; x++)
        {
            var positionX = (startX + stepsX[x]) >> (PositionBits - FractionBits);
            var positionY = (startY + stepsY[x]) >> (PositionBits - FractionBits);
            int left = positionX >> FractionBits, right = left + 1, top = positionY >> FractionBits, bottom = top + 1;
            int fractionX = positionX & (Fractions - 1), fractionY = positionY & (Fractions - 1);
            if ((uint)left >= (uint)(source.Width - 1)) (left, right) = (Reflect(left, source.Width), Reflect(right, source.Width));
            if ((uint)top >= (uint)(source.Height - 1)) (top, bottom) = (Reflect(top, source.Height), Reflect(bottom, source.Height));
            int topRow = top * source.Stride, bottomRow = bottom * source.Stride;
            left *= channels;
            right *= channels;
            for (var c = 0; c < channels; c++)
            {
                var upper = (pixels[topRow + left + c] * (Fractions - fractionX)) + (pixels[topRow + right + c] * fractionX);
                var lower = (pixels[bottomRow + left + c] * (Fractions - fractionX)) + (pixels[bottomRow + right + c] * fractionX);
                var sum = (upper * (Fractions - fractionY)) + (lower * fractionY);
                to[(x * channels) + c] = (byte)((sum + (Fractions * Fractions / 2)) >> (2 * FractionBits));
            }
        }
    }

    /// <summary>Mirrors a position at the centres of the border pixels: −1 is 1, and size is size − 2.</summary>
    private static int Reflect(int position, int size)
    {
        if (size == 1) return 0;
        while ((uint)position >= (uint)size) position = position < 0 ? -position : (2 * size) - 2 - position;
        return position;
    }

    private static void Invert(ReadOnlySpan<double> m, Span<double> inverse)
    {
        var determinant = (m[0] * m[4]) - (m[1] * m[3]);
        var factor = determinant != 0 ? 1 / determinant : 0;
        inverse[0] = m[4] * factor;
        inverse[1] = m[1] * -factor;
        inverse[3] = m[3] * -factor;
        inverse[4] = m[0] * factor;
        inverse[2] = (-inverse[0] * m[2]) - (inverse[1] * m[5]);
        inverse[5] = (-inverse[3] * m[2]) - (inverse[4] * m[5]);
    }

    private static int Fixed(double value) => (int)Math.Clamp(Math.Round(value * (1 << PositionBits)), int.MinValue / 2, int.MaxValue / 2);
}
