namespace Ark.Data;

/// <summary>From grey level to normalised value by table, one of 256 entries for each of the three channels.</summary>
internal sealed class PixelTables
{
    private readonly float[][] _tables;

    private PixelTables(float[][] tables) => _tables = tables;

    /// <summary>Computed in single precision, as torchvision's <c>ToTensor</c> and <c>Normalize</c> do: evaluation.</summary>
    public static PixelTables InSingle(Normalization normalization)
    {
        return Create(normalization, static (level, mean, deviation) => ((level / 255f) - (float)mean) / (float)deviation);
    }

    /// <summary>Computed in double precision and rounded once, as the published training data sets do with numpy.</summary>
    public static PixelTables InDouble(Normalization normalization)
    {
        return Create(normalization, static (level, mean, deviation) => (float)(((level / 255.0) - mean) / deviation));
    }

    /// <summary>Writes a picture as three planes.</summary>
    /// <param name="source">Grey (all three planes are made of it) or RGB.</param>
    /// <param name="destination"><c>[3, Height, Width]</c>.</param>
    /// <param name="curve">A change of grey levels to apply first, or <see langword="null"/>.</param>
    /// <param name="mirror">Whether left and right are exchanged.</param>
    public void Write(Bitmap source, Span<float> destination, ReadOnlySpan<byte> curve = default, bool mirror = false)
    {
        var plane = source.Width * source.Height;
        Span<float> combined = stackalloc float[256];
        for (var channel = 0; channel < 3; channel++)
        {
            scoped ReadOnlySpan<float> table = _tables[channel];
            if (!curve.IsEmpty)
            {
                for (var i = 0; i < 256; i++) combined[i] = table[curve[i]];
                table = combined;
            }

            for (var y = 0; y < source.Height; y++)
            {
                var to = destination.Slice((channel * plane) + (y * source.Width), source.Width);
                WriteRow(source.Row(y), to, table, source.Channels, source.Channels == 1 ? 0 : channel);
                if (mirror) to.Reverse();
            }
        }
    }

    private static void WriteRow(ReadOnlySpan<byte> from, Span<float> to, ReadOnlySpan<float> table, int step, int offset)
    {
        table = table[..256];
        if (step == 1)
        {
            for (var x = 0; x < to.Length; x++) to[x] = table[from[x]];
        }
        else
        {
            for (var x = 0; x < to.Length; x++) to[x] = table[from[(x * 3) + offset]];
        }
    }

    private static PixelTables Create(Normalization normalization, Func<int, double, double, float> normalize)
    {
        var (means, deviations) = normalization switch
        {
            Normalization.ImageNet => ((double[])[0.485, 0.456, 0.406], (double[])[0.229, 0.224, 0.225]),
            Normalization.ChestXray => ([0.5056, 0.5056, 0.5056], [0.252, 0.252, 0.252]),
            Normalization.None => ([0, 0, 0], [1, 1, 1]),
            _ => throw new ArgumentOutOfRangeException(nameof(normalization), normalization, "Unknown normalisation."),
        };
        var tables = new float[3][];
        for (var channel = 0; channel < 3; channel++)
        {
            var (mean, deviation) = (means[channel], deviations[channel]);
            tables[channel] = [.. Enumerable.Range(0, 256).Select(level => normalize(level, mean, deviation))];
        }

        return new PixelTables(tables);
    }
}
