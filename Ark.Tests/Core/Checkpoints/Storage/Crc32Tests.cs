namespace Ark.Tests.Core;

public class Crc32Tests
{
    [Fact]
    public void Append_gives_the_published_check_value() => Assert.Equal(0xCBF43926u, Crc32.Append("123456789"u8));

    [Fact]
    public void Append_gives_the_same_by_either_method_for_every_length_and_when_cut_anywhere()
    {
        var bytes = new byte[1500];
        var random = new RandomStream(5);
        for (var i = 0; i < bytes.Length; i++) bytes[i] = (byte)random.NextInt32(256);
        for (var length = 0; length <= bytes.Length; length++)
        {
            var whole = Crc32.Append(bytes.AsSpan(0, length));
            Assert.Equal(~Crc32.Slice(~0u, bytes.AsSpan(0, length)), whole);
            var cut = random.NextInt32(length + 1);
            Assert.Equal(whole, Crc32.Append(bytes.AsSpan(cut, length - cut), Crc32.Append(bytes.AsSpan(0, cut))));
        }
    }
}
