using System.Buffers.Binary;
using Ark.Evaluation;
using Parquet;
using Parquet.Schema;

namespace Ark.Tests.Training;

public sealed class ParquetGuardTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("q01_ok.parquet")]
    [InlineData("q26_required.parquet")]
    public void A_column_per_number_is_read_whether_it_may_be_missing_or_not(string name)
    {
        var table = EmbeddingFiles.Load(Fixture.PathOf("parquet", name), TestContext.Current.CancellationToken);
        Assert.Equal(["a", "b"], table.Names);
        Assert.Equal([1f, 2f], Enumerable.Range(0, 2).Select(n => table[n][0]));
    }

    [Theory]
    [InlineData(CompressionMethod.None)]
    [InlineData(CompressionMethod.Snappy)]
    [InlineData(CompressionMethod.Gzip)]
    [InlineData(CompressionMethod.Zstd)]
    public async Task Files_of_the_library_itself_are_read_in_every_compression_and_nullability(CompressionMethod method)
    {
        var path = await Write(method, rows: 300);
        var table = EmbeddingFiles.Load(path, TestContext.Current.CancellationToken);
        Assert.Equal(300, table.Count);
        Assert.Equal("n299", table.Names![299]);
        Assert.Equal([299f, 149.5f, 7f], table[299].ToArray());
    }

    [Theory]
    [InlineData("q02_rows_2e9.parquet", "values in")]
    [InlineData("q24_dict_rle_4e8.parquet", "values in")]
    [InlineData("qf09.parquet", "")]
    public void Claims_beyond_the_length_of_a_file_are_refused_before_anything_is_allocated(string name, string reason)
    {
        var path = Fixture.PathOf("parquet", name);
        var before = GC.GetAllocatedBytesForCurrentThread();
        var error = Assert.Throws<ArkInputException>(() => EmbeddingFiles.Load(path, TestContext.Current.CancellationToken));
        Assert.Contains(reason, error.Message, StringComparison.Ordinal);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 64 << 20);
    }

    [Theory]
    [InlineData(new byte[] { 0x19 }, "nested too deep")] // Lists in lists, in a field that nobody knows.
    [InlineData(new byte[] { 0x1c }, "nested too deep")] // Structures likewise.
    [InlineData(new byte[] { 0xff }, "too long")] // A number without an end.
    public void Footers_that_recurse_or_never_end_are_refused(byte[] part, string reason)
    {
        // The unknown field 100, a list or a structure.
        byte[] start = part[0] == 0x19 ? [0x09, 0xc8, 0x01] : part[0] == 0x1c ? [0x0c, 0xc8, 0x01] : [0x15];
        byte[] footer = [.. start, .. Enumerable.Repeat(part[0], 100_000)];
        Assert.Contains(reason, Refusal(footer), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(new byte[] { 0 })] // Nothing at all.
    // A schema in fields that no number has: the library looks for its columns for ever.
    [InlineData(new byte[]
    {
        0x02, 0x19, 0x2c, 0x48, 4, (byte)'r', (byte)'o', (byte)'o', (byte)'t', 0x15, 2, 0, 0x15, 8, 0x25, 2, 0x18, 2, (byte)'e', (byte)'0', 0,
    })]
    // A root that claims two columns, and one column.
    [InlineData(new byte[] { 0x15, 2, 0x19, 0x2c, 0x48, 1, (byte)'r', 0x15, 4, 0, 0x48, 1, (byte)'a', 0, 0x16, 0, 0x19, 0x0c, 0 })]
    // Two columns beside one another, and no root.
    [InlineData(new byte[] { 0x15, 2, 0x19, 0x2c, 0x48, 1, (byte)'a', 0, 0x48, 1, (byte)'b', 0, 0x16, 0, 0x19, 0x0c, 0 })]
    public void Columns_that_are_no_tree_are_refused(byte[] footer) => Assert.Contains(" columns ", Refusal(footer), StringComparison.Ordinal);

    [Fact]
    public void Columns_nested_in_one_another_are_refused_before_the_library_recurses()
    {
        // The schema: each element a group of one.
        const int depth = 20_000;
        var footer = new List<byte> { 0x15, 2, 0x19, 0xfc, (depth & 0x7f) | 0x80, ((depth >> 7) & 0x7f) | 0x80, depth >> 14 };
        for (var i = 0; i < depth; i++) footer.AddRange([0x48, 1, (byte)'g', 0x15, 2, 0]);
        footer.AddRange([0x16, 0, 0x19, 0x0c, 0]);
        Assert.Contains("its columns are nested too deep", Refusal([.. footer]), StringComparison.Ordinal);
    }

    [Fact]
    public void A_known_field_of_another_type_is_refused_for_the_library_would_read_what_it_expects()
    {
        // Field 1, the version, as text that holds lists in lists.
        Assert.Contains("another type", Refusal([0x18, 100, .. Enumerable.Repeat((byte)0x19, 100)]), StringComparison.Ordinal);
        Assert.Contains("twice", Refusal([0x15, 2, 0x05, 2, 2]), StringComparison.Ordinal);
        Assert.Contains("truth values", Refusal([0x09, 0xc8, 0x01, 0xf1, 0xff, 0xff, 0xff, 0xff, 0x0f]), StringComparison.Ordinal);
        Assert.Contains("claims a list", Refusal([0x15, 2, 0x19, 0xfc, 0xff, 0xff, 0xff, 0xff, 0x0f]), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(CompressionMethod.None)]
    [InlineData(CompressionMethod.Snappy)]
    [InlineData(CompressionMethod.Zstd)]
    public async Task Every_damaged_copy_of_a_file_is_read_or_refused_and_never_read_again_and_again(CompressionMethod method)
    {
        var whole = await File.ReadAllBytesAsync(await Write(method, rows: 4), TestContext.Current.CancellationToken);
        var random = new Random(7);
        var refused = 0;
        for (var n = 0; n < 400; n++)
        {
            var bytes = (byte[])whole.Clone();
            for (var flips = random.Next(1, 5); flips > 0; flips--) bytes[random.Next(4, bytes.Length - 8)] ^= (byte)(1 << random.Next(8));
            var path = _folder.PathOf("damaged.parquet");
            await File.WriteAllBytesAsync(path, bytes, TestContext.Current.CancellationToken);
            try
            {
                EmbeddingFiles.Load(path, TestContext.Current.CancellationToken);
            }
            catch (ArkInputException)
            {
                refused++;
            }
        }

        Assert.InRange(refused, 100, 400);
    }

    [Fact]
    public void Names_of_a_dictionary_that_every_row_has_are_counted_each_time()
    {
        // 169 bytes may become 64 MB and 64 times themselves.
        const long free = ParquetLimits.FreeBytes + (169 * ParquetLimits.BytesPerByte);
        var guard = ParquetGuard.Open(File.OpenRead(Fixture.PathOf("parquet", "q01_ok.parquet")));
        using var window = guard.Window;
        guard.CountCharacters(free);
        Assert.Contains(
            "decompression bomb",
            Assert.Throws<InvalidDataException>(() => guard.CountCharacters(1)).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_is_not_read_again_and_again_nor_past_what_was_checked()
    {
        var guard = ParquetGuard.Open(File.OpenRead(Fixture.PathOf("parquet", "q01_ok.parquet")));
        using var window = guard.Window;
        window.EndAt(100);
        var bytes = new byte[50];
        var readings = 0;
        var error = Assert.Throws<InvalidDataException>(() =>
        {
            for (; readings < 1_000_000; readings++)
            {
                window.Position = 0;
                window.ReadExactly(bytes);
            }
        });
        Assert.Contains("again and again", error.Message, StringComparison.Ordinal);
        Assert.InRange(readings, 1, ((2 << 20) / bytes.Length) + 10);
        window.Position = 100;
        Assert.Throws<EndOfStreamException>(() => window.ReadByte());
    }

    private string Refusal(ReadOnlySpan<byte> footer)
    {
        var path = _folder.PathOf("made.parquet");
        Span<byte> length = stackalloc byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(length, footer.Length);
        File.WriteAllBytes(path, [.. "PAR1"u8, .. footer, .. length, .. "PAR1"u8]);
        return Assert.Throws<ArkInputException>(() => EmbeddingFiles.Load(path, TestContext.Current.CancellationToken)).Message;
    }

    private async Task<string> Write(CompressionMethod method, int rows)
    {
        var path = _folder.PathOf($"{method}.parquet");
        var schema = new ParquetSchema(
            new DataField<string>("name", nullable: false),
            new DataField<float>("e0", nullable: false),
            new DataField<double?>("e1"),
            new DataField<float>("e2", nullable: false));
        var fields = schema.GetDataFields();
        await using var stream = File.Create(path);
        await using var writer = await ParquetWriter.CreateAsync(schema, stream, new ParquetOptions { CompressionMethod = method });
        using var group = writer.CreateRowGroup();
        await group.WriteAsync(fields[0], [.. Enumerable.Range(0, rows).Select(n => $"n{n}")]);
        await group.WriteAsync<float>(fields[1], Enumerable.Range(0, rows).Select(n => (float)n).ToArray());
        var halves = Enumerable.Range(0, rows).Select(n => (double?)(n / 2d)).ToArray();
        await group.WriteAsync<double>(fields[2], (ReadOnlyMemory<double?>)halves);
        await group.WriteAsync<float>(fields[3], Enumerable.Repeat(7f, rows).ToArray());
        return path;
    }
}
