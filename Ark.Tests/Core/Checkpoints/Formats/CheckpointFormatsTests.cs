namespace Ark.Tests.Core;

public class CheckpointFormatsTests
{
    [Theory]
    [InlineData(new byte[] { 0x89, (byte)'H', (byte)'D', (byte)'F', 13, 10, 26, 10, 0 }, "is an HDF5 file")]
    [InlineData(new byte[] { 0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0 }, "is compressed with gzip")]
    [InlineData(new byte[] { (byte)'<', (byte)'h', (byte)'t', (byte)'m', (byte)'l', (byte)'>' }, "is an HTML page")]
    [InlineData(new byte[] { 8, 7, 1, 2, 3 }, "is of an unknown format")]
    public void A_file_of_another_kind_is_called_by_its_name(byte[] start, string reason)
    {
        using var folder = new TemporaryFolder();
        File.WriteAllBytes(folder.PathOf("a.pth"), start);
        var refusal = Assert.Throws<CheckpointException>(() => CheckpointFile.ReadIndex(folder.PathOf("a.pth")));
        Assert.Contains(reason, refusal.Message, StringComparison.Ordinal);
    }
}
