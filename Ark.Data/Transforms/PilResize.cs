using System.Numerics;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Ark.Data;

/// <summary>
/// Pillow's <c>Image.resize</c> for 8-bit images, bit for bit: a horizontal pass rounded to 8 bits, then a vertical one, each left out
/// where that side keeps its length. The original prepares every picture with it.
/// </summary>
internal static class PilResize
{
    private const int Half = 1 << (PilKernel.Precision - 1);

    public static void Resize(Bitmap source, Span<byte> destination, int width, int height, PilFilter filter)
    {
        if (source.Width == width && source.Height == height) source.CopyTo(destination);
        else if (filter == PilFilter.Nearest) Nearest(source, destination, width, height);
        else if (source.Width == width) Vertical(source, destination, new PilKernel(source.Height, height, filter), 0);
        else if (source.Height == height) Horizontal(source, destination, new PilKernel(source.Width, width, filter));
        else
        {
            var rows = new PilKernel(source.Height, height, filter);
            // Only the source rows that the vertical pass will look at.
            rows.Weights(0, out var firstRow);
            var lastRow = firstRow;
            for (var y = 0; y < height; y++) lastRow = Math.Max(lastRow, rows.Weights(y, out var first).Length + first);
            using var between = new PooledBytes(checked((lastRow - firstRow) * width * source.Channels));
            Horizontal(
                source.Crop(0, firstRow, source.Width, lastRow - firstRow), between.Span, new PilKernel(source.Width, width, filter));
            Vertical(new Bitmap(between.Span, width, lastRow - firstRow, source.Channels), destination, rows, firstRow);
        }
    }

    private static void Horizontal(Bitmap source, Span<byte> destination, PilKernel kernel)
    {
        var channels = source.Channels;
        var width = destination.Length / (source.Height * channels);
        for (var y = 0; y < source.Height; y++)
        {
            var from = source.Row(y);
            var to = destination.Slice(y * width * channels, width * channels);
            if (channels == 1) HorizontalGray(from, to, kernel);
            else HorizontalColor(from, to, kernel);
        }
    }

    private static void HorizontalGray(ReadOnlySpan<byte> from, Span<byte> to, PilKernel kernel)
    {
        for (var x = 0; x < to.Length; x++)
        {
            var weights = kernel.Weights(x, out var first);
            var pixels = from.Slice(first, weights.Length);
            to[x] = Clip(Half + Dot(pixels, weights));
        }
    }

    // Whole numbers: the order of the sum does not matter.
    private static int Dot(ReadOnlySpan<byte> pixels, ReadOnlySpan<int> weights)
    {
        var sums = Vector128<int>.Zero;
        var k = 0;
        for (; k <= weights.Length - 8; k += 8)
        {
            var eight = Vector128.WidenLower(Vector128.CreateScalarUnsafe(MemoryMarshal.Read<ulong>(pixels[k..])).AsByte());
            var (low, high) = Vector128.Widen(eight);
            sums += (low.AsInt32() * Vector128.Create(weights[k..])) + (high.AsInt32() * Vector128.Create(weights[(k + 4)..]));
        }

        var sum = Vector128.Sum(sums);
        for (; k < weights.Length; k++) sum += pixels[k] * weights[k];
        return sum;
    }

    private static void HorizontalColor(ReadOnlySpan<byte> from, Span<byte> to, PilKernel kernel)
    {
        for (var x = 0; x < to.Length / 3; x++)
        {
            var weights = kernel.Weights(x, out var first);
            var pixels = from.Slice(first * 3, weights.Length * 3);
            int red = Half, green = Half, blue = Half;
            for (var k = 0; k < weights.Length; k++)
            {
                red += pixels[k * 3] * weights[k];
                green += pixels[(k * 3) + 1] * weights[k];
                blue += pixels[(k * 3) + 2] * weights[k];
            }

            to[x * 3] = Clip(red);
            to[(x * 3) + 1] = Clip(green);
            to[(x * 3) + 2] = Clip(blue);
        }
    }

    private static void Vertical(Bitmap source, Span<byte> destination, PilKernel kernel, int firstRow)
    {
        var length = source.Width * source.Channels;
        var height = destination.Length / length;
        using var scratch = new PooledBytes(length * sizeof(int));
        var sums = MemoryMarshal.Cast<byte, int>(scratch.Span);
        for (var y = 0; y < height; y++)
        {
            var weights = kernel.Weights(y, out var first);
            sums.Fill(Half);
            for (var k = 0; k < weights.Length; k++) Accumulate(source.Row(first - firstRow + k), weights[k], sums);
            var to = destination.Slice(y * length, length);
            for (var x = 0; x < length; x++) to[x] = Clip(sums[x]);
        }
    }

    private static void Accumulate(ReadOnlySpan<byte> row, int weight, Span<int> sums)
    {
        var x = 0;
        var step = Vector<byte>.Count;
        for (; x <= row.Length - step; x += step)
        {
            Vector.Widen(new Vector<byte>(row[x..]), out var low, out var high);
            Add(low, weight, sums[x..]);
            Add(high, weight, sums[(x + (step / 2))..]);
        }

        for (; x < row.Length; x++) sums[x] += row[x] * weight;
    }

    private static void Add(Vector<ushort> pixels, int weight, Span<int> sums)
    {
        Vector.Widen(pixels, out var low, out var high);
        (new Vector<int>(sums) + (Vector.AsVectorInt32(low) * weight)).CopyTo(sums);
        var rest = sums[Vector<int>.Count..];
        (new Vector<int>(rest) + (Vector.AsVectorInt32(high) * weight)).CopyTo(rest);
    }

    // Pillow steps through the source by repeated addition; the sums' rounding decides which pixel is taken.
    private static void Nearest(Bitmap source, Span<byte> destination, int width, int height)
    {
        var channels = source.Channels;
        var columns = Steps(source.Width, width);
        var rows = Steps(source.Height, height);
        for (var y = 0; y < height; y++)
        {
            var from = source.Row(rows[y]);
            var to = destination.Slice(y * width * channels, width * channels);
            for (var x = 0; x < width; x++)
                for (var c = 0; c < channels; c++) to[(x * channels) + c] = from[(columns[x] * channels) + c];
        }
    }

    private static int[] Steps(int from, int to)
    {
        var step = (double)from / to;
        var position = step * 0.5;
        var result = new int[to];
        for (var i = 0; i < to; i++, position += step) result[i] = Math.Min((int)position, from - 1);
        return result;
    }

    private static byte Clip(int sum) => (byte)Math.Clamp(sum >> PilKernel.Precision, 0, 255);
}
