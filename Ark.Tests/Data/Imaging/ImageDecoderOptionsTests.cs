using Ark.Data;

namespace Ark.Tests.Data;

/// <summary>What the decoder does not read, and what it says then.</summary>
public sealed class ImageDecoderOptionsTests : IDisposable
{
    private static readonly NetVipsImageDecoder Decoder = new();
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("ark-images-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Theory]
    [InlineData("png", 0.02)]
    [InlineData("png", 0.5)]
    [InlineData("png", 0.9)]
    [InlineData("jpeg", 0.05)]
    [InlineData("jpeg", 0.5)]
    [InlineData("jpeg", 0.95)]
    [InlineData("tiff", 0.5)]
    [InlineData("webp", 0.5)]
    public void Decoder_refuses_a_file_that_is_cut_short(string format, double kept)
    {
        var picture = Encoded.Picture(120, 90, 3);
        var whole = format switch
        {
            "png" => Encoded.Png(picture),
            "jpeg" => Encoded.Jpeg(picture),
            "tiff" => Encoded.Tiff(picture),
            _ => Encoded.LosslessWebP(picture),
        };
        Assert.Equal((120, 90), (Decoder.Decode(whole, "whole").Width, Decoder.Decode(whole, "whole").Height));
        AssertRefused(
            () => Decoder.Decode(whole.AsMemory(0, (int)(whole.Length * kept)), "cut.img"),
            $"cut.img: is no whole {format}",
            "damaged or incomplete");
    }

    [Fact]
    public void Decoder_refuses_a_png_whose_checksum_is_wrong()
    {
        var png = Encoded.Png(Encoded.Picture(40, 40, 1));
        png[^20] ^= 1; // in the checksum of the data's compression or chunk
        AssertRefused(() => Decoder.Decode(png, "a.png"), "a.png: is no whole PNG image: its data is damaged");
    }

    [Fact]
    public void Decoder_refuses_too_many_pixels_by_the_header_alone()
    {
        var header = TestPng.Write(60_000, 60_000, TestPng.Rgba, 16, [[0]]);
        var before = GC.GetAllocatedBytesForCurrentThread();
        AssertRefused(() => Decoder.Decode(header, "bomb.png"), "60000x60000", "above the limit");
        Assert.True(GC.GetAllocatedBytesForCurrentThread() - before < 1 << 20);
    }

    [Fact]
    public void Pixel_limit_allows_exactly_its_value()
    {
        var png = TestPng.Write8(10, 10, TestPng.Grey, TestPng.Noise(100));
        Assert.Equal(100, new NetVipsImageDecoder(new ImageDecoderOptions { MaxPixels = 100 }).Decode(png, "x").Pixels.Length);
        AssertRefused(() => new NetVipsImageDecoder(new ImageDecoderOptions { MaxPixels = 99 }).Decode(png, "x"), "10x10");
    }

    [Fact]
    public void Default_limit_allows_a_radiograph_and_refuses_256_megapixels()
    {
        Assert.InRange(new ImageDecoderOptions().MaxPixels, 4300 * 4300, (16_000L * 16_000L) - 1);
    }

    [Fact]
    public void Byte_limit_is_checked_before_reading()
    {
        var path = Path.Combine(_folder.FullName, "large.png");
        File.WriteAllBytes(path, new byte[101]);
        var decoder = new NetVipsImageDecoder(new ImageDecoderOptions { MaxBytes = 100 });
        AssertRefused(() => decoder.DecodeFile(path), path, "101 bytes");
        AssertRefused(() => decoder.Decode(new byte[101], "memory"), "memory", "101 bytes");
    }

    [Fact]
    public void Decoder_refuses_a_thread_of_pixels() =>
        AssertRefused(
            () => Decoder.Decode(TestPng.Write(1, 70_000, TestPng.Grey, 8, [[0]]), "thread.png"), "1x70000", "above the limit of 65535");

    [Theory]
    [InlineData(0, 1)]
    [InlineData(1, 0)]
    [InlineData(long.MaxValue, 1)]
    [InlineData(1, long.MaxValue)]
    public void Limits_that_cannot_hold_are_refused(long pixels, long bytes) => Assert.Throws<ArgumentOutOfRangeException>(
        () => new NetVipsImageDecoder(new ImageDecoderOptions { MaxPixels = pixels, MaxBytes = bytes }));

    [Fact]
    public void DecodeFile_reads_a_file_and_names_it_when_it_cannot()
    {
        var path = Path.Combine(_folder.FullName, "an image.png");
        File.WriteAllBytes(path, TestPng.Write8(2, 1, TestPng.Grey, [3, 4]));
        Assert.Equal([3, 4], Decoder.DecodeFile(path).Pixels);

        var missing = Path.Combine(_folder.FullName, "missing.png");
        AssertRefused(() => Decoder.DecodeFile(missing), missing, "does not exist");
        AssertRefused(() => Decoder.DecodeFile(_folder.FullName), _folder.FullName, "cannot be read");
        File.WriteAllBytes(path, []);
        AssertRefused(() => Decoder.DecodeFile(path), path, "is empty");
    }

    [Fact]
    public void Decoder_gives_the_first_picture_of_a_GIF_and_refuses_one_that_is_cut_short()
    {
        var (first, second) = (TestPng.Noise(90 * 70, 1), TestPng.Noise(90 * 70, 2));
        var bytes = TestGif.Write(90, 70, first, second);
        var image = Decoder.Decode(bytes, "scan.gif");
        Assert.Equal((90, 70, 1), (image.Width, image.Height, image.Channels));
        Assert.Equal(first, image.Pixels);
        AssertRefused(() => Decoder.Decode(bytes.AsMemory(0, 3000), "scan.gif"), "scan.gif: is no whole GIF image");
        var huge = TestGif.Write(90, 70, first);
        // The high bytes of width and height, of the screen and of the picture, for a GIF of 8,282 x 4,166 pixels.
        foreach (var (at, high) in new[] { (7, 0x20), (9, 0x10), (787, 0x20), (789, 0x10) }) huge[at] = (byte)high;
        AssertRefused(() => Decoder.Decode(huge, "scan.gif"), "scan.gif", "too large for a GIF");
        AssertRefused(() => Decoder.Decode(TestGif.Write(2, 1, transparent: 9, [9, 200]), "scan.gif"), "scan.gif", "transparent", "PNG");
        Assert.Equal([8, 200], Decoder.Decode(TestGif.Write(2, 1, transparent: 9, [8, 200]), "scan.gif").Pixels);
    }

    [Theory]
    [InlineData("BM______________________________", "is no whole BMP image")]
    [InlineData("GIF89a__________________________", "is no whole GIF image")]
    [InlineData("a text that claims to be a radiograph", "is not an image of a supported format")]
    [InlineData("<svg xmlns='http://www.w3.org/2000/svg' width='9' height='9'/>", "is not an image of a supported format")]
    [InlineData("%PDF-1.7 %%EOF", "is not an image of a supported format")]
    public void Decoder_refuses_other_formats_by_their_content(string content, string problem) =>
        AssertRefused(() => Decoder.Decode(System.Text.Encoding.Latin1.GetBytes(content), "picture.png"), $"picture.png: {problem}");

    private static void AssertRefused(Func<RasterImage> decode, params string[] parts)
    {
        var refusal = Assert.Throws<ArkInputException>(decode);
        foreach (var part in parts) Assert.Contains(part, refusal.Message, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain('\n', refusal.Message);
    }
}
