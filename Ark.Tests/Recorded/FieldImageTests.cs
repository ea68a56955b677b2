using System.Text;
using Ark.Data;

namespace Ark.Tests.Recorded;

/// <summary>
/// Images of the kinds that users of similar tools reported: every file has the pixels that numpy and Pillow give it. All are made up.
/// </summary>
public sealed class FieldImageTests
{
    private const string Expected = ".expect.npy";

    private static readonly NetVipsImageDecoder Decoder = new();
    private static readonly string Folder = Fixture.PathOf("Field");

    // Numbers without a scale, and a JPEG without its end, which cannot be told from one that is cut.
    private static readonly Dictionary<string, string> Refused = new(StringComparer.Ordinal)
    {
        ["09_tiff_odd/float32.tif"] = "1 channels of Float",
        ["09_tiff_odd/int16.tif"] = "1 channels of Short",
        ["09_tiff_odd/uint32.tif"] = "1 channels of Uint",
        ["11_dcm_jpeg/no_eoi.dcm"] = "premature end",
        ["07_jpeg_warnings/no_eoi.jpg"] = "premature end",
    };

    public static TheoryData<string> Refusals => [.. Refused.Keys];

    public static TheoryData<string> Plain =>
        ["03_dcm_windows/many.dcm", "04_dcm_voi_tables/ok_12.dcm", "04_dcm_voi_tables/signed_imp.dcm", "05_dcm_mono1_inverse/a.dcm",
            "11_dcm_jpeg/one.dcm"];

    public static TheoryData<string> Files =>
        [.. Directory.EnumerateFiles(Folder, "*" + Expected, SearchOption.AllDirectories)
            .Select(f => Path.GetRelativePath(Folder, f)[..^Expected.Length].Replace('\\', '/'))
            .Where(f => !Refused.ContainsKey(f)).Order(StringComparer.Ordinal)];

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

    [Theory]
    [MemberData(nameof(Refusals))]
    public void An_image_that_would_have_to_be_guessed_is_refused_by_name(string name)
    {
        var error = Assert.Throws<ArkInputException>(() => Decoder.DecodeFile(Path.Combine(Folder, name)));

        Assert.Contains(Refused[name], error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Plain))]
    public void A_dicom_file_is_read_without_its_meta_information(string name)
    {
        var file = File.ReadAllBytes(Path.Combine(Folder, name));
        // Its length stands in its first element, behind the preamble.
        const int meta = 132 + 12;

        var image = Decoder.Decode(file.AsMemory(meta + BitConverter.ToInt32(file, meta - 4)), "bare.dcm");

        Assert.Equal(Decoder.DecodeFile(Path.Combine(Folder, name)).Pixels, image.Pixels);
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
