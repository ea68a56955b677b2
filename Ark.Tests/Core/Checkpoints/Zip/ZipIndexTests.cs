using System.IO.Compression;

namespace Ark.Tests.Core;

public class ZipIndexTests
{
    [Fact]
    public void Entries_beyond_4_GB_are_written_and_found_by_zip64_fields()
    {
        const long huge = 5L << 30;
        using var folder = new TemporaryFolder();
        var path = folder.PathOf("a.zip");
        AtomicFile.Write(path, stream =>
        {
            var zip = new ZipWriter(stream);
            // A hole: the file is 5 GB long and takes a few kilobytes.
            zip.Add("archive/data/0", 0, huge, s => s.Seek(huge, SeekOrigin.Current));
            zip.Add("archive/data/1", "behind"u8);
            zip.Finish();
        });
        var file = FileSlice.Open(path, out var handle);
        using (handle)
        {
            var index = ZipIndex.Read(file);
            Assert.Equal(huge, index.Find("archive/data/0")!.Size);
            Assert.True(index.Find("archive/data/1")!.Start > huge);
            Assert.Equal("behind"u8.ToArray(), index.Find("archive/data/1")!.Bytes(file, verify: true).ToArray());
        }
    }

    [Fact]
    public void An_archive_of_DotNet_itself_is_read_stored_and_deflated()
    {
        using var folder = new TemporaryFolder();
        var path = folder.PathOf("a.zip");
        var content = Enumerable.Range(0, 10_000).Select(i => (byte)(i * i)).ToArray();
        using (var zip = ZipFile.Open(path, ZipArchiveMode.Create))
        {
            foreach (var level in new[] { CompressionLevel.NoCompression, CompressionLevel.Optimal })
            {
                using var stream = zip.CreateEntry($"e{(int)level}", level).Open();
                stream.Write(content);
            }
        }

        var file = FileSlice.Open(path, out var handle);
        using (handle) Assert.All(ZipIndex.Read(file).Entries, e => Assert.Equal(content, e.Bytes(file, verify: true).ToArray()));
    }

    [Fact]
    public void An_archive_that_inflates_beyond_reason_is_refused_by_its_directory_alone()
    {
        using var folder = new TemporaryFolder();
        var path = folder.PathOf("a.pth");
        using (var zip = ZipFile.Open(path, ZipArchiveMode.Create))
        {
            using var stream = zip.CreateEntry("archive/data/0", CompressionLevel.Optimal).Open();
            for (var i = 0; i < 100; i++) stream.Write(new byte[1 << 20]);
        }

        Assert.Contains("bomb", Assert.Throws<CheckpointException>(() => PyTorchFile.Load(path)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("../archive/data.pkl")]
    [InlineData("archive/../../data.pkl")]
    [InlineData("/archive/data.pkl")]
    [InlineData("archive\\..\\data.pkl")]
    [InlineData("C:\\archive")]
    public void An_entry_whose_name_leads_out_of_the_archive_is_refused(string name)
    {
        using var folder = new TemporaryFolder();
        var path = folder.PathOf("a.pth");
        using (var zip = ZipFile.Open(path, ZipArchiveMode.Create)) zip.CreateEntry(name);

        Assert.Contains(
            "leads out of the archive", Assert.Throws<CheckpointException>(() => PyTorchFile.Load(path)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("]")]
    [InlineData("]K\u0001a")]
    [InlineData(")")]
    [InlineData("ctorch\nTensor\n")]
    [InlineData("N")]
    public void A_file_whose_root_is_neither_tensors_nor_a_dictionary_is_no_checkpoint(string value)
    {
        using var folder = new TemporaryFolder();
        var path = folder.PathOf("a.pth");
        using (var zip = ZipFile.Open(path, ZipArchiveMode.Create))
        {
            using var pickle = zip.CreateEntry("archive/data.pkl").Open();
            pickle.Write(System.Text.Encoding.Latin1.GetBytes($"\u0080\u0002{value}."));
        }

        Assert.Contains(
            "holds no tensors", Assert.Throws<CheckpointException>(() => PyTorchFile.Load(path)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_flipped_bit_in_a_tensor_is_refused_by_its_checksum_unless_checking_is_off()
    {
        using var folder = new TemporaryFolder();
        var path = folder.PathOf("a.pth");
        File.Copy(Fixture.PathOf("09_checkpoints", "plain_zip.pth"), path);
        var file = FileSlice.Open(path, out var handle);
        long at;
        using (handle) at = ZipIndex.Read(file).Find("plain_zip/data/0")!.Start;
        var bytes = File.ReadAllBytes(path);
        bytes[at] ^= 1;
        File.WriteAllBytes(path, bytes);
        Assert.Contains("CRC-32", Assert.Throws<CheckpointException>(() => PyTorchFile.Load(path)).Message, StringComparison.Ordinal);
        using var scope = TorchSharp.torch.NewDisposeScope();
        Assert.NotNull(PyTorchFile.Load(path, new PyTorchLoadOptions { VerifyChecksums = false }));
    }
}
