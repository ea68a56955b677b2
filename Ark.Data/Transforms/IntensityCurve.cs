namespace Ark.Data;

/// <summary>
/// The photometric changes of the training augmentation as tables from grey level to grey level, as albumentations 1.3 makes them for 8-bit
/// images.
/// </summary>
internal static class IntensityCurve
{
    /// <summary><c>contrast * v + brightness * 255</c>, clipped and cut to an integer, in single precision.</summary>
    public static byte[] BrightnessContrast(double contrast, double brightness)
    {
        var table = new byte[256];
        for (var i = 0; i < table.Length; i++)
        {
            float value = i;
            value *= (float)contrast;
            value += (float)(brightness * 255);
            table[i] = (byte)Math.Clamp(value, 0f, 255f);
        }

        return table;
    }

    /// <summary><c>(v / 255) ^ gamma * 255</c>, cut to an integer; above 1 darkens.</summary>
    public static byte[] Gamma(double gamma)
    {
        var table = new byte[256];
        for (var i = 0; i < table.Length; i++) table[i] = (byte)(Math.Pow(i * (1.0 / 255), gamma) * 255);
        return table;
    }
}
