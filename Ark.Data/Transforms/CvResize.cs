using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Ark.Data;

/// <summary>
/// OpenCV's <c>resize</c> for 8-bit images, bit for bit: linear in 11-bit fixed point without antialiasing, or nearest. The random crop of
/// the original's training augmentation ends with it: linear for the student's view, nearest for the teacher's.
/// </summary>
internal static class CvResize
{
    private const int One = 1 << 11;

    public static void Nearest(Bitmap source, Span<byte> destination, int width, int height)
    {
        var channels = source.Channels;
        Span<int> columns = width <= 1024 ? stackalloc int[width] : new int[width];
        var stepX = 1 / ((double)width / source.Width);
        var stepY = 1 / ((double)height / source.Height);
        for (var x = 0; x < width; x++) columns[x] = Math.Min((int)Math.Floor(x * stepX), source.Width - 1) * channels;
        for (var y = 0; y < height; y++)
        {
            var from = source.Row(Math.Min((int)Math.Floor(y * stepY), source.Height - 1));
            var to = destination.Slice(y * width * channels, width * channels);
            if (channels == 1)
            {
                for (var x = 0; x < to.Length; x++) to[x] = from[columns[x]];
            }
            else
            {
                for (var x = 0; x < width; x++) from.Slice(columns[x], 3).CopyTo(to[(x * 3)..]);
            }
        }
    }

    public static void Linear(Bitmap source, Span<byte> destination, int width, int height)
    {
        if (source.Width == width && source.Height == height)
        {
            source.CopyTo(destination);
            return;
        }

        var length = width * source.Channels;
        using var scratch = new PooledBytes(sizeof(int) * ((2 * length) + (3 * width)));
        var ints = MemoryMarshal.Cast<byte, int>(scratch.Span);
        var columns = ints.Slice(2 * length, 3 * width);
        var stepX = 1 / ((double)width / source.Width);
        for (var x = 0; x < width; x++) Place(x, stepX, source.Width, source.Channels, columns.Slice(3 * x, 3));

        var stepY = 1 / ((double)height / source.Height);
        // Neighbouring output rows mostly look at the same two source rows: each is stretched once.
        Span<int> above = ints[..length], below = ints.Slice(length, length);
        int aboveRow = -1, belowRow = -1;
        for (var y = 0; y < height; y++)
        {
            var position = (float)(((y + 0.5) * stepY) - 0.5);
            var row = (int)MathF.Floor(position);
            var fraction = position - row;
            var weightAbove = Fixed(1f - fraction);
            var weightBelow = Fixed(fraction);
            var (first, second) = (Math.Clamp(row, 0, source.Height - 1), Math.Clamp(row + 1, 0, source.Height - 1));
            if (first != aboveRow)
            {
                if (first == belowRow)
                {
                    var swap = above;
                    above = below;
                    below = swap;
                    (aboveRow, belowRow) = (belowRow, aboveRow);
                }
                else
                {
                    Stretch(source.Row(first), columns, source.Channels, above);
                    aboveRow = first;
                }
            }

            if (second != belowRow)
            {
                Stretch(source.Row(second), columns, source.Channels, below);
                belowRow = second;
            }

            Blend(above, below, weightAbove, weightBelow, destination.Slice(y * length, length));
        }
    }

    private static void Blend(ReadOnlySpan<int> above, ReadOnlySpan<int> below, int weightAbove, int weightBelow, Span<byte> to)
    {
        var i = 0;
        for (; i <= to.Length - Vector256<byte>.Count; i += Vector256<byte>.Count)
        {
            var first = Vector256.Narrow(
                Eight(above, below, weightAbove, weightBelow, i), Eight(above, below, weightAbove, weightBelow, i + 8)).AsUInt16();
            var second = Vector256.Narrow(
                Eight(above, below, weightAbove, weightBelow, i + 16), Eight(above, below, weightAbove, weightBelow, i + 24)).AsUInt16();
            Vector256.Narrow(first, second).CopyTo(to[i..]);
        }

        for (; i < to.Length; i++)
            to[i] = (byte)((((weightAbove * (above[i] >> 4)) >> 16) + ((weightBelow * (below[i] >> 4)) >> 16) + 2) >> 2);
    }

    private static Vector256<int> Eight(ReadOnlySpan<int> above, ReadOnlySpan<int> below, int weightAbove, int weightBelow, int at)
    {
        var upper = ((Vector256.Create(above.Slice(at, 8)) >> 4) * weightAbove) >> 16;
        var lower = ((Vector256.Create(below.Slice(at, 8)) >> 4) * weightBelow) >> 16;
        return (upper + lower + Vector256.Create(2)) >> 2;
    }

    /// <summary>
    /// Where output column <paramref name="x"/> lies: offset of its left neighbour, offset from there to the right one, weight of the right
    /// one.
    /// </summary>
    private static void Place(int x, double step, int size, int channels, Span<int> place)
    {
        var position = (float)(((x + 0.5) * step) - 0.5);
        var left = (int)MathF.Floor(position);
        var fraction = position - left;
        if (left < 0) (left, fraction) = (0, 0f);
        if (left >= size - 1) (left, fraction) = (size - 1, 0f);
        place[0] = left * channels;
        place[1] = left < size - 1 ? channels : 0;
        // The two weights are rounded apart; they add up to one because both are multiples of the same power of two or round alike.
        place[2] = (Fixed(1f - fraction) << 16) | Fixed(fraction);
    }

    private static void Stretch(ReadOnlySpan<byte> from, ReadOnlySpan<int> columns, int channels, Span<int> to)
    {
        if (channels == 1)
        {
            for (var x = 0; x < to.Length; x++)
            {
                int left = columns[3 * x], weights = columns[(3 * x) + 2];
                to[x] = (from[left] * (weights >> 16)) + (from[left + columns[(3 * x) + 1]] * (weights & 0xFFFF));
            }

            return;
        }

        for (var x = 0; x < to.Length / 3; x++)
        {
            int left = columns[3 * x], right = left + columns[(3 * x) + 1], weights = columns[(3 * x) + 2];
            for (var c = 0; c < 3; c++) to[(3 * x) + c] = (from[left + c] * (weights >> 16)) + (from[right + c] * (weights & 0xFFFF));
        }
    }

    private static int Fixed(float weight) => (int)MathF.Round(weight * One);
}
