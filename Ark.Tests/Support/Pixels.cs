using Ark.Data;

namespace Ark.Tests;

/// <summary>Pixels in the hands of tests.</summary>
internal static class Pixels
{
    public static byte[] Of(Bitmap bitmap)
    {
        var result = new byte[bitmap.Width * bitmap.Height * bitmap.Channels];
        bitmap.CopyTo(result);
        return result;
    }

    public static byte[] Mirror(Bitmap bitmap)
    {
        var result = new List<byte>();
        for (var y = 0; y < bitmap.Height; y++)
            for (var x = bitmap.Width - 1; x >= 0; x--)
                result.AddRange(bitmap.Row(y).Slice(x * bitmap.Channels, bitmap.Channels));
        return [.. result];
    }

    /// <summary>Fails with the largest difference and the share of pixels that differ.</summary>
    public static void AssertEqual(byte[] expected, byte[] actual, string what)
    {
        Assert.Equal(expected.Length, actual.Length);
        var differences = expected.Zip(actual, (e, a) => Math.Abs(e - a)).ToArray();
        Assert.True(
            differences.All(d => d == 0),
            $"{what}: largest difference {differences.Max()}, {differences.Count(d => d > 0)} of {differences.Length} differ.");
    }

    /// <summary>Fails unless every value is one that ImageNet's normalisation can give.</summary>
    public static void AssertNormalized(float[] views)
    {
        Assert.DoesNotContain(float.NaN, views);
        Assert.InRange(views.Min(), -2.2f, 2.7f);
        Assert.InRange(views.Max(), -2.2f, 2.7f);
    }
}
