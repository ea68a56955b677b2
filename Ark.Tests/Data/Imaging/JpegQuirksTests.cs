using Ark.Data;

namespace Ark.Tests.Data;

/// <summary>What libjpeg only warns of does not keep a picture from being read, unless a part of it is lost.</summary>
public sealed class JpegQuirksTests
{
    private static readonly NetVipsImageDecoder Decoder = new();
    private static readonly byte[] Sound = Encoded.Jpeg(Encoded.Picture(40, 30, 3));

    [Fact]
    public void A_sound_file_is_not_copied() => Assert.Same(Sound, JpegQuirks.Mend(Sound));

    [Theory]
    [InlineData(0, 1)]
    [InlineData(1, 0)]
    [InlineData(2, 0x11)]
    public void Parameters_that_a_sequential_scan_does_not_use_may_be_wrong(int parameter, byte value)
    {
        var file = (byte[])Sound.Clone();
        // The parameters are the last three bytes of the header of the scan.
        var scan = file.AsSpan().IndexOf<byte>([0xFF, 0xDA]);
        file[scan + 2 + ((file[scan + 2] << 8) | file[scan + 3]) - 3 + parameter] = value;

        Assert.Equal(Decoder.Decode(Sound, "a.jpg").Pixels, Decoder.Decode(file, "b.jpg").Pixels);
        Assert.Equal(Sound, JpegQuirks.Mend(file));
    }

    [Fact]
    public void A_revision_of_JFIF_that_there_is_not_changes_nothing()
    {
        var sound = File.ReadAllBytes(Fixture.PathOf("Field", "07_jpeg_warnings", "plain.jpg"));
        var file = (byte[])sound.Clone();
        var jfif = file.AsSpan().IndexOf("JFIF\0"u8);
        Assert.True(jfif > 0);
        file[jfif + 5] = 9;

        Assert.Equal(Decoder.Decode(sound, "a.jpg").Pixels, Decoder.Decode(file, "b.jpg").Pixels);
    }

    [Fact]
    public void A_file_that_is_cut_is_still_refused()
    {
        for (var length = 2; length < Sound.Length; length += 37)
            Assert.Throws<ArkInputException>(() => Decoder.Decode(Sound.AsMemory(0, length), "cut.jpg"));
    }
}
