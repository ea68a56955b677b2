namespace Ark.Data;

/// <summary>What a check keeps of a picture.</summary>
/// <param name="Hash">Tells its bytes from those of others.</param>
/// <param name="Pixels">How many samples it has.</param>
/// <param name="Sum">Their sum.</param>
/// <param name="Squares">The sum of their squares.</param>
/// <param name="Levels">How many of the 256 greys occur.</param>
/// <param name="IsBrightInTheMiddle">Whether the middle (spine, heart) is brighter than both sides (lungs), as in a radiograph that is not
/// inverted.</param>
internal sealed record PictureStatistics(UInt128 Hash, long Pixels, double Sum, double Squares, int Levels, bool IsBrightInTheMiddle)
{
    /// <summary>The spread of its greys.</summary>
    public double Deviation => Math.Sqrt(Math.Max(0, (Squares / Pixels) - (Sum / Pixels * (Sum / Pixels))));

    /// <summary>Looks at a picture.</summary>
    /// <param name="image">The picture.</param>
    /// <param name="hash">Tells its bytes from those of others.</param>
    public static PictureStatistics Of(RasterImage image, UInt128 hash)
    {
        Span<long> histogram = stackalloc long[256];
        histogram.Clear();
        foreach (var pixel in image.Pixels) histogram[pixel]++;
        double sum = 0, squares = 0;
        var levels = 0;
        for (var grey = 0; grey < 256; grey++)
        {
            sum += (double)grey * histogram[grey];
            squares += (double)grey * grey * histogram[grey];
            if (histogram[grey] > 0) levels++;
        }

        var middle = Mean(image, 0.45, 0.55, 0.3, 0.8);
        var sides = (Mean(image, 0.2, 0.35, 0.3, 0.6) + Mean(image, 0.65, 0.8, 0.3, 0.6)) / 2;
        return new(hash, image.Pixels.Length, sum, squares, levels, middle > sides);
    }

    private static double Mean(RasterImage image, double left, double right, double top, double bottom)
    {
        var (x0, y0) = ((int)(left * image.Width), (int)(top * image.Height));
        var (x1, y1) = (Math.Max((int)(right * image.Width), x0 + 1), Math.Max((int)(bottom * image.Height), y0 + 1));
        long sum = 0;
        for (var y = y0; y < y1; y++)
        {
            foreach (var sample in image.Pixels.AsSpan(((y * image.Width) + x0) * image.Channels, (x1 - x0) * image.Channels))
                sum += sample;
        }

        return (double)sum / ((x1 - x0) * (y1 - y0) * image.Channels);
    }
}
