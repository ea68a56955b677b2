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

    [Fact]
    public void Two_archives_in_one_file_are_refused_whichever_is_in_front()
    {
        using var folder = new TemporaryFolder();
        var (first, second) = (Archive(folder, "first"), Archive(folder, "second"));
        // Behind: the end record of the second says where its directory would lie in a file of its own.
        AssertAmbiguous(folder, [.. first, .. second]);
        // In front, and the second's offsets moved, as self-extracting archives have them.
        var moved = (byte[])second.Clone();
        var directory = moved.AsSpan().LastIndexOf("PK\u0001\u0002"u8);
        Move(moved.AsSpan(directory + 42), first.Length);
        Move(moved.AsSpan(moved.AsSpan().LastIndexOf("PK\u0005\u0006"u8) + 16), first.Length);
        AssertAmbiguous(folder, [.. first, .. moved]);

        static void Move(Span<byte> offset, int by) => BitConverter.TryWriteBytes(offset, BitConverter.ToInt32(offset) + by);
    }

    [Fact]
    public void Sizes_behind_an_entry_are_compared_and_may_not_be_cut()
    {
        using var folder = new TemporaryFolder();
        var path = folder.PathOf("a.pth");
        // A stream that cannot go back: .NET writes the sizes behind the entry.
        using (var target = new OneWay(File.Create(path)))
        using (var zip = new ZipArchive(target, ZipArchiveMode.Create))
        {
            using var entry = zip.CreateEntry("e", CompressionLevel.Optimal).Open();
            entry.Write(new byte[100]);
        }

        var whole = File.ReadAllBytes(path);
        Assert.Null(Problem(folder, whole));
        var descriptor = whole.AsSpan().IndexOf("PK\u0007\u0008"u8);
        var directory = whole.AsSpan().IndexOf("PK\u0001\u0002"u8);
        for (var at = descriptor; at < directory; at++)
        {
            var changed = (byte[])whole.Clone();
            changed[at] ^= 1;
            Assert.Contains("behind its bytes", Problem(folder, changed), StringComparison.Ordinal);
        }

        // Three bytes of it are gone, and the end record knows.
        byte[] cut = [.. whole.AsSpan(0, directory - 3), .. whole.AsSpan(directory)];
        var end = cut.AsSpan().LastIndexOf("PK\u0005\u0006"u8);
        BitConverter.TryWriteBytes(cut.AsSpan(end + 16), directory - 3);
        Assert.Contains("cut or missing", Problem(folder, cut), StringComparison.Ordinal);
    }

    private static void AssertAmbiguous(TemporaryFolder folder, byte[] bytes) => Assert.Contains(
        "ambiguous", Problem(folder, bytes), StringComparison.Ordinal);

    private static string? Problem(TemporaryFolder folder, byte[] bytes)
    {
        var path = folder.PathOf("made.zip");
        File.WriteAllBytes(path, bytes);
        var file = FileSlice.Open(path, out var handle);
        using (handle) return Record.Exception(() => ZipIndex.Read(file))?.Message;
    }

    private static byte[] Archive(TemporaryFolder folder, string name)
    {
        var path = folder.PathOf(name + ".zip");
        using (var zip = ZipFile.Open(path, ZipArchiveMode.Create)) zip.CreateEntry(name);
        return File.ReadAllBytes(path);
    }

    /// <summary>A stream that is written from its start to its end.</summary>
    private sealed class OneWay(Stream inner) : Stream
    {
        public override bool CanRead => false;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public override void Flush() => inner.Flush();

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => inner.Write(buffer, offset, count);

        protected override void Dispose(bool disposing)
        {
            inner.Dispose();
            base.Dispose(disposing);
        }
    }
}
