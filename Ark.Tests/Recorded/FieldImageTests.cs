using System.Text;
using Ark.Data;

namespace Ark.Tests.Recorded;

/// <summary>
/// Images of the kinds that users of similar tools reported: every file has the pixels that numpy and Pillow give it. The files are made up.
/// </summary>
public sealed class FieldImageTests
{
    private const string Expected = ".expect.npy";

    private static readonly NetVipsImageDecoder Decoder = new();
    private static readonly string Folder = Fixture.PathOf("Field");

    public static TheoryData<string> Files =>
        [.. Directory.EnumerateFiles(Folder, "*" + Expected, SearchOption.AllDirectories)
            .Select(f => Path.GetRelativePath(Folder, f)[..^Expected.Length].Replace('\\', '/')).Order(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(Files))]
    public void An_image_has_the_pixels_that_were_recorded(string name)
    {
        var (shape, pixels) = ReadArray(Path.Combine(Folder, name + Expected));

        var image = Decoder.DecodeFile(Path.Combine(Folder, name));

        Assert.Equal((shape[1], shape[0]), (image.Width, image.Height));
        var channels = shape.Length == 3 ? shape[2] : 1;
        var (largest, count) = (0, 0);
        for (var i = 0; i < pixels.Length; i++)
        {
            var pixel = i / channels;
            var got = image.Pixels[image.Channels == 1 ? pixel : (pixel * 3) + (channels == 3 ? i % 3 : 0)];
            if (got != pixels[i]) count++;
            largest = Math.Max(largest, Math.Abs(got - pixels[i]));
        }

        Assert.True(largest == 0, $"{count} of {pixels.Length} differ, by {largest} at most");
    }

    private static (int[] Shape, byte[] Values) ReadArray(string file)
    {
        var bytes = File.ReadAllBytes(file);
        var length = bytes[8] | (bytes[9] << 8);
        var header = Encoding.ASCII.GetString(bytes, 10, length);
        Assert.Contains("'|u1'", header, StringComparison.Ordinal);
        Assert.Contains("'fortran_order': False", header, StringComparison.Ordinal);
        var open = header.IndexOf('(', StringComparison.Ordinal);
        int[] shape = [.. header[(open + 1)..header.IndexOf(')', StringComparison.Ordinal)]
            .Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
            .Select(n => int.Parse(n, System.Globalization.CultureInfo.InvariantCulture))];
        return (shape, bytes[(10 + length)..]);
    }
}
