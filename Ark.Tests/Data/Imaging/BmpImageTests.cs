using System.Buffers.Binary;
using Ark.Data;

namespace Ark.Tests.Data;

/// <summary>Uncompressed BMP files.</summary>
public sealed class BmpImageTests
{
    private static readonly NetVipsImageDecoder Decoder = new();

    [Fact]
    public void A_bmp_of_24_bits_is_read_from_its_last_row_up()
    {
        // Blue, green, red; rows are padded to four bytes.
        var image = Decoder.Decode(Bmp(2, 2, 24, [], [1, 2, 3, 4, 5, 6, 0, 0, 7, 8, 9, 10, 11, 12, 0, 0]), "a.bmp");

        Assert.Equal((2, 2, 3), (image.Width, image.Height, image.Channels));
        Assert.Equal([9, 8, 7, 12, 11, 10, 3, 2, 1, 6, 5, 4], image.Pixels);
    }

    [Fact]
    public void A_bmp_with_a_negative_height_is_read_from_its_first_row_down() =>
        Assert.Equal([3, 2, 1, 9, 8, 7], Decoder.Decode(Bmp(1, -2, 24, [], [1, 2, 3, 0, 7, 8, 9, 0]), "a.bmp").Pixels);

    [Theory]
    [InlineData(1, new byte[] { 0b0100_0000, 0, 0, 0 }, new byte[] { 10, 200 })]
    [InlineData(4, new byte[] { 0x01, 0, 0, 0 }, new byte[] { 10, 200 })]
    [InlineData(8, new byte[] { 0, 1, 0, 0 }, new byte[] { 10, 200 })]
    public void A_bmp_with_a_grey_palette_becomes_one_channel(int bits, byte[] row, byte[] expected)
    {
        var image = Decoder.Decode(Bmp(2, 1, bits, [10, 10, 10, 0, 200, 200, 200, 0], row), "a.bmp");

        Assert.Equal(1, image.Channels);
        Assert.Equal(expected, image.Pixels);
    }

    [Fact]
    public void A_bmp_of_32_bits_loses_its_fourth_channel() =>
        Assert.Equal([3, 2, 1], Decoder.Decode(Bmp(1, 1, 32, [], [1, 2, 3, 99]), "a.bmp").Pixels);

    [Fact]
    public void A_bmp_that_is_compressed_cut_short_or_huge_is_refused()
    {
        var compressed = Bmp(2, 1, 8, new byte[8], [0, 0, 0, 0]);
        compressed[30] = 1;
        Refused(compressed, "unsupported format");
        var header = Bmp(1, 1, 24, [], [1, 2, 3, 0]);
        header.AsSpan(14, 4).Fill(0xFF);
        Refused(header, "header is damaged");
        Refused(Bmp(2, 2, 24, [], [1, 2, 3, 4, 5, 6, 0, 0]), "truncated");
        Refused(Bmp(60_000, 60_000, 24, [], []), "above the limit");
        // Thin and long: resized to a square it would need the memory of its whole length.
        Refused(Bmp(4, 70_000, 8, new byte[1024], new byte[4 * 70_000]), "a side above the limit of 65535");
        Refused(Bmp(2, 1, 8, [1, 1, 1, 0], [0, 9, 0, 0]), "no colour 9");
    }

    private static void Refused(byte[] file, string problem) =>
        Assert.Contains(problem, Assert.Throws<ArkInputException>(() => Decoder.Decode(file, "a.bmp")).Message, StringComparison.Ordinal);

    private static byte[] Bmp(int width, int height, int bits, byte[] palette, byte[] rows)
    {
        var file = new byte[54 + palette.Length + rows.Length];
        "BM"u8.CopyTo(file);
        BinaryPrimitives.WriteInt32LittleEndian(file.AsSpan(10), 54 + palette.Length);
        BinaryPrimitives.WriteInt32LittleEndian(file.AsSpan(14), 40);
        BinaryPrimitives.WriteInt32LittleEndian(file.AsSpan(18), width);
        BinaryPrimitives.WriteInt32LittleEndian(file.AsSpan(22), height);
        BinaryPrimitives.WriteInt16LittleEndian(file.AsSpan(26), 1);
        BinaryPrimitives.WriteInt16LittleEndian(file.AsSpan(28), (short)bits);
        palette.CopyTo(file, 54);
        rows.CopyTo(file, 54 + palette.Length);
        return file;
    }
}
