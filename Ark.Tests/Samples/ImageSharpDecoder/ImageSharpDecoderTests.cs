using Ark.Data;
using Samples;

namespace Ark.Tests.Samples;

/// <summary>The sample of a decoder without a native library has the pixels that its README says, and reads no file cut short.</summary>
public sealed class ImageSharpDecoderTests
{
    private static readonly ImageSharpDecoder Decoder = new();
    private static readonly NetVipsImageDecoder Vips = new();

    public static TheoryData<string> Pngs => Files("08_png_odd", "*.png");

    public static TheoryData<string> Jpegs => Files("10_jpeg_kinds", "*.jpg");

    [Theory]
    [MemberData(nameof(Pngs))]
    public void Png_has_the_pixels_of_Pillow(string file)
    {
        var expected = Vips.DecodeFile(Fixture.PathOf("Field", file));

        var image = Decoder.DecodeFile(Fixture.PathOf("Field", file));

        Assert.Equal((expected.Width, expected.Height, expected.Channels), (image.Width, image.Height, image.Channels));
        Assert.Equal(expected.Pixels, image.Pixels);
    }

    [Theory]
    [MemberData(nameof(Jpegs))]
    public void Jpeg_is_near_to_Pillow_and_within_one_level_where_it_is_grey(string file)
    {
        var expected = Vips.DecodeFile(Fixture.PathOf("Field", file));

        var image = Decoder.DecodeFile(Fixture.PathOf("Field", file));

        Assert.Equal((expected.Width, expected.Height, expected.Channels), (image.Width, image.Height, image.Channels));
        var largest = image.Pixels.Zip(expected.Pixels, (a, b) => Math.Abs(a - b)).Max();
        Assert.InRange(largest, 0, expected.Channels == 1 ? 1 : 60);
    }

    [Theory]
    [InlineData("08_png_odd/la16.png")]
    [InlineData("08_png_odd/grey16_interlaced.png")]
    [InlineData("10_jpeg_kinds/progressive_420.jpg")]
    [InlineData("10_jpeg_kinds/restart.jpg")]
    [InlineData("10_jpeg_kinds/grey_progressive.jpg")]
    public void A_file_that_is_cut_anywhere_is_refused(string file)
    {
        var whole = File.ReadAllBytes(Fixture.PathOf("Field", file));
        for (var length = 0; length < whole.Length; length += 11)
        {
            var error = Assert.Throws<ArkInputException>(() => Decoder.Decode(whole.AsMemory(0, length), "cut"));
            Assert.StartsWith("cut: ", error.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_png_without_some_of_its_rows_is_refused_although_its_chunks_are_whole()
    {
        byte[] row = [1, 2, 3, 4];
        var shortened = TestPng.Write(4, 4, TestPng.Grey, 8, [row, row, row]);

        var error = Assert.Throws<ArkInputException>(() => Decoder.Decode(shortened, "a.png"));

        Assert.Contains("rows are missing", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_damaged_byte_of_a_png_is_found_and_other_formats_are_refused_by_name()
    {
        var png = TestPng.Write8(4, 4, TestPng.Grey, [.. Enumerable.Range(0, 16).Select(i => (byte)i)]);
        png[^20] ^= 1;

        Assert.Contains(
            "checksum", Assert.Throws<ArkInputException>(() => Decoder.Decode(png, "a.png")).Message, StringComparison.Ordinal);
        Assert.Contains(
            "(PNG, JPEG)", Assert.Throws<ArkInputException>(() => Decoder.Decode("GIF89a"u8.ToArray(), "a.gif")).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Limits_hold_before_anything_is_decoded()
    {
        var png = TestPng.Write8(4, 4, TestPng.Grey, new byte[16]);

        Assert.Contains("maxPixels", Assert.Throws<ArkInputException>(
            () => new ImageSharpDecoder(maxPixels: 15).Decode(png, "a.png")).Message, StringComparison.Ordinal);
        Assert.Contains("maxBytes", Assert.Throws<ArkInputException>(
            () => new ImageSharpDecoder(maxBytes: 15).Decode(png, "a.png")).Message, StringComparison.Ordinal);
    }

    private static TheoryData<string> Files(string folder, string pattern) =>
        [.. Directory.EnumerateFiles(Fixture.PathOf("Field", folder), pattern).Select(f => $"{folder}/{Path.GetFileName(f)}")
            .Order(StringComparer.Ordinal)];
}
