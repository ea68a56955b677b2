using Ark.Data;

namespace Ark.Tests.Data;

public class NetVipsImageDecoderTests
{
    private static readonly NetVipsImageDecoder Decoder = new();

    public static TheoryData<string> Recordings => [.. TransformReference.Recordings];

    [Fact]
    public void Grey_png_keeps_one_channel_and_its_samples()
    {
        var samples = TestPng.Noise(5 * 3);
        AssertImage(5, 3, 1, samples, TestPng.Write8(5, 3, TestPng.Grey, samples));
    }

    [Fact]
    public void Color_png_keeps_three_channels_and_its_samples()
    {
        var samples = TestPng.Noise(5 * 3 * 3);
        AssertImage(5, 3, 3, samples, TestPng.Write8(5, 3, TestPng.Rgb, samples));
    }

    [Fact]
    public void Color_png_becomes_one_channel_when_the_three_are_equal()
    {
        var grey = TestPng.Noise(12);
        AssertImage(4, 3, 1, grey, TestPng.Write8(4, 3, TestPng.Rgb, [.. grey.SelectMany(g => new[] { g, g, g })]));
    }

    [Fact]
    public void Alpha_is_dropped_and_not_blended()
    {
        byte[] rgba = [10, 20, 30, 0, 40, 50, 60, 128, 70, 80, 90, 255, 1, 2, 3, 4];
        AssertImage(2, 2, 3, [10, 20, 30, 40, 50, 60, 70, 80, 90, 1, 2, 3], TestPng.Write8(2, 2, TestPng.Rgba, rgba));
        AssertImage(2, 1, 1, [200, 100], TestPng.Write8(2, 1, TestPng.GreyAlpha, [200, 0, 100, 255]));
    }

    [Fact]
    public void Palette_is_expanded_also_when_entries_are_transparent()
    {
        byte[] palette = [255, 0, 0, 0, 255, 0, 0, 0, 255, 9, 9, 9];
        var png = TestPng.Write(4, 1, TestPng.Palette, 8, [[2, 0, 3, 1]], ("PLTE", palette), ("tRNS", [0, 128]));
        AssertImage(4, 1, 3, [0, 0, 255, 255, 0, 0, 9, 9, 9, 0, 255, 0], png);
    }

    [Theory]
    [InlineData(1, 0b10100000, new byte[] { 255, 0, 255 })]
    [InlineData(2, 0b00011000, new byte[] { 0, 85, 170 })]
    public void Low_bit_depths_are_spread_over_the_full_range(int depth, byte row, byte[] expected) =>
        AssertImage(3, 1, 1, expected, TestPng.Write(3, 1, TestPng.Grey, depth, [[row]]));

    [Fact]
    public void Sixteen_bit_samples_keep_their_high_byte()
    {
        byte[] row = [0x00, 0xFF, 0x12, 0x34, 0x80, 0x00, 0xFF, 0xFF];
        AssertImage(4, 1, 1, [0x00, 0x12, 0x80, 0xFF], TestPng.Write(4, 1, TestPng.Grey, 16, [row]));
        AssertImage(1, 1, 3, [0x12, 0xAB, 0xFE], TestPng.Write(1, 1, TestPng.Rgb, 16, [[0x12, 0xFF, 0xAB, 0x00, 0xFE, 0x99]]));
        AssertImage(1, 1, 3, [0x12, 0xAB, 0xFE], TestPng.Write(1, 1, TestPng.Rgba, 16, [[0x12, 0xFF, 0xAB, 0x00, 0xFE, 0x99, 0, 0]]));
    }

    [Fact]
    public void Sixteen_bit_grey_is_cut_off_at_255_when_a_published_run_is_repeated()
    {
        var decoder = new NetVipsImageDecoder(new ImageDecoderOptions { ClipSixteenBitGray = true });
        var png = TestPng.Write(4, 1, TestPng.Grey, 16, [[0x00, 0x07, 0x00, 0xFF, 0x01, 0x00, 0xFF, 0xFF]]);
        Assert.Equal([7, 255, 255, 255], decoder.Decode(png, "x").Pixels);
    }

    [Fact]
    public void Exif_orientation_is_not_followed()
    {
        var picture = Encoded.Picture(16, 8, 1);
        var plain = Decoder.Decode(Encoded.Jpeg(picture), "plain");
        var turned = Decoder.Decode(Encoded.Jpeg(picture, orientation: 6), "turned");
        Assert.Equal((16, 8), (turned.Width, turned.Height));
        Assert.Equal(plain.Pixels, turned.Pixels);
    }

    [Theory]
    [InlineData("tiff")]
    [InlineData("webp")]
    public void Lossless_formats_keep_every_sample(string format)
    {
        var picture = Encoded.Picture(33, 17, 3);
        AssertImage(33, 17, 3, picture.Pixels, format == "tiff" ? Encoded.Tiff(picture) : Encoded.LosslessWebP(picture));
    }

    [Fact]
    public void Decode_reads_a_slice_of_a_larger_array()
    {
        var png = TestPng.Write8(2, 2, TestPng.Grey, [1, 2, 3, 4]);
        byte[] larger = [9, 9, 9, .. png, 9];
        Assert.Equal([1, 2, 3, 4], Decoder.Decode(larger.AsMemory(3, png.Length), "slice").Pixels);
    }

    [Fact]
    public void Decoder_gives_the_same_pixels_from_many_threads()
    {
        var files = Enumerable.Range(0, 8).Select(i => Encoded.Jpeg(Encoded.Picture(64 + i, 48, i % 2 == 0 ? 1 : 3))).ToArray();
        var expected = files.Select(f => Decoder.Decode(f, "one").Pixels).ToArray();
        Parallel.For(0, 200, i => Assert.Equal(expected[i % 8], Decoder.Decode(files[i % 8], "many").Pixels));
    }

    [Theory]
    [MemberData(nameof(Recordings))]
    public void Reference_images_equal_what_Pillow_reads(string recording)
    {
        var reference = TransformReference.Load(recording);
        var operations = reference.OperationsWhere(id => id.EndsWith("/convert_RGB", StringComparison.Ordinal));
        Assert.Equal(10, operations.Count);
        var asPublished = new NetVipsImageDecoder(new ImageDecoderOptions { ClipSixteenBitGray = true });
        foreach (var id in operations.Select(TransformReference.Id))
        {
            var expected = reference.ImageOutput(id);
            var actual = asPublished.DecodeFile(reference.PathOf(id.Split('/')[0]));
            Assert.Equal((expected.Width, expected.Height, expected.Channels), (actual.Width, actual.Height, actual.Channels));
            Pixels.AssertEqual(expected.Pixels, actual.Pixels, id);
        }
    }

    private static void AssertImage(int width, int height, int channels, byte[] pixels, byte[] encoded)
    {
        var image = Decoder.Decode(encoded, "image");
        Assert.Equal((width, height, channels), (image.Width, image.Height, image.Channels));
        Assert.Equal(pixels, image.Pixels);
    }
}
