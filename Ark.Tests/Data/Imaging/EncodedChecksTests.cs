using System.IO.Compression;
using Ark.Data;

namespace Ark.Tests.Data;

public class EncodedChecksTests
{
    private static readonly NetVipsImageDecoder Decoder = new();

    [Theory]
    [InlineData("iTXt")]
    [InlineData("zTXt")]
    [InlineData("tEXt")]
    [InlineData("iCCP")]
    [InlineData("sPLT")]
    [InlineData("prVt")]
    public void Chunks_that_change_no_pixel_never_reach_the_decoder(string type)
    {
        var samples = TestPng.Noise(12);
        var small = TestPng.Write(4, 3, TestPng.Grey, 8, [.. samples.Chunk(4)]);
        // What a compressed text of 10 MB of zeros takes: unpacked, it would be a thousand times as much.
        var bombs = Enumerable.Range(0, 20).Select(_ => (type, Text(type))).ToArray();
        var large = TestPng.Write(4, 3, TestPng.Grey, 8, [.. samples.Chunk(4)], bombs);
        Assert.Equal(small, EncodedChecks.Essential(large, keepsOrientation: false));
        Assert.Equal(samples, Decoder.Decode(large, "large").Pixels);
        Assert.Same(small, EncodedChecks.Essential(small, keepsOrientation: false));
    }

    // Each is dropped, so the pixels must be the ones that a file without it gives.
    [Theory]
    [InlineData("gAMA", new byte[] { 0, 0, 0xB1, 0x8F })]
    [InlineData("sRGB", new byte[] { 0 })]
    [InlineData("sBIT", new byte[] { 5, 6, 5 })]
    [InlineData("bKGD", new byte[] { 0, 9, 0, 9, 0, 9 })]
    [InlineData("pHYs", new byte[] { 0, 0, 0x0B, 0x13, 0, 0, 0x0B, 0x13, 1 })]
    public void Chunks_that_describe_colors_change_no_pixel_of_libvips_either(string type, byte[] content)
    {
        var samples = TestPng.Noise(36);
        var png = TestPng.Write(4, 3, TestPng.Rgb, 8, [.. samples.Chunk(12)], (type, content));
        using var image = NetVips.Image.PngloadBuffer(png);
        Assert.Equal(samples, image.WriteToMemory<byte>());
        Assert.Equal(samples, Decoder.Decode(png, "described").Pixels);
    }

    [Fact]
    public void Transparency_and_where_it_is_wanted_orientation_stay()
    {
        byte[] exif = [0x4D, 0x4D, 0, 42, 0, 0, 0, 8, 0, 1, 0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, 6, 0, 0, 0, 0, 0, 0];
        var png = TestPng.Write(
            2, 1, TestPng.Palette, 8, [[0, 1]], ("PLTE", [1, 2, 3, 4, 5, 6]), ("tRNS", [0]), ("eXIf", exif), ("tEXt", [65, 0, 66]));
        var turned = new NetVipsImageDecoder(new ImageDecoderOptions { FollowOrientation = true });
        Assert.Equal((2, 1), SizeOf(Decoder.Decode(png, "as stored")));
        Assert.Equal((1, 2), SizeOf(turned.Decode(png, "turned")));
        Assert.Contains("tRNS", System.Text.Encoding.Latin1.GetString(EncodedChecks.Essential(png, false)), StringComparison.Ordinal);
    }

    [Fact]
    public void Damage_stays_for_the_decoder_to_refuse()
    {
        var png = TestPng.Write(4, 3, TestPng.Grey, 8, [.. TestPng.Noise(12).Chunk(4)], ("tEXt", [65, 0, 66]));
        for (var length = 8; length < png.Length - 12; length++)
            Assert.Throws<ArkInputException>(() => Decoder.Decode(png.AsMemory(0, length), "cut"));
    }

    [Fact]
    public void An_interlaced_picture_above_the_limit_is_refused_by_its_header()
    {
        var png = TestPng.Write(8192, 8192, TestPng.Rgba, 16, [[0]]);
        png[28] = 1;
        var error = Assert.Throws<ArkInputException>(() => EncodedChecks.CheckInterlaced(png, "a.png"));
        Assert.Contains("512 MB", error.Message, StringComparison.Ordinal);
        png[24] = 8;
        EncodedChecks.CheckInterlaced(png, "a.png");
        png[24] = 16;
        png[28] = 0;
        EncodedChecks.CheckInterlaced(png, "a.png");
    }

    [Fact]
    public void Arithmetic_coding_is_refused_by_name_and_huffman_coding_is_read()
    {
        var jpeg = Encoded.Jpeg(Encoded.Picture(20, 30, 3));
        Assert.Equal((20, 30), SizeOf(Decoder.Decode(jpeg, "a.jpg")));
        var frame = jpeg.AsSpan().IndexOf((ReadOnlySpan<byte>)[0xFF, 0xC0]);
        jpeg[frame + 1] = 0xC9;
        Assert.Contains(
            "arithmetic coding", Assert.Throws<ArkInputException>(() => Decoder.Decode(jpeg, "a.jpg")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_gif_whose_picture_does_not_fill_a_large_screen_is_refused()
    {
        var gif = TestGif.Write(3, 2, [1, 2, 3, 4, 5, 6]);
        Assert.Equal((3, 2), SizeOf(Decoder.Decode(gif, "a.gif")));
        BitConverter.TryWriteBytes(gif.AsSpan(6), (ushort)3000);
        BitConverter.TryWriteBytes(gif.AsSpan(8), (ushort)2500);
        Assert.Contains(
            "its screen of 3000x2500",
            Assert.Throws<ArkInputException>(() => Decoder.Decode(gif, "a.gif")).Message,
            StringComparison.Ordinal);
    }

    private static (int Width, int Height) SizeOf(RasterImage image) => (image.Width, image.Height);

    private static byte[] Text(string type)
    {
        using var packed = new MemoryStream();
        using (var zlib = new ZLibStream(packed, CompressionLevel.Optimal, leaveOpen: true)) zlib.Write(new byte[10 << 20]);
        byte[] head = type == "iTXt" ? [(byte)'k', 0, 1, 0, 0, 0] : [(byte)'k', 0, 0];
        return [.. head, .. packed.ToArray()];
    }
}
