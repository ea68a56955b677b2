using System.Buffers.Binary;
using Parquet;
using Parquet.Meta;
using Parquet.Schema;

namespace Ark.Evaluation;

/// <summary>
/// Looks at a Parquet file before the library does, which recurses, loops and allocates by what a file says: at the description at its
/// end, and at the head of each page of a column that is about to be read. <see cref="ParquetLimits"/> has the limits.
/// </summary>
internal sealed class ParquetGuard
{
    private readonly FileStream _file;
    private long _values;
    private long _bytes;
    private long _characters;

    private ParquetGuard(FileStream file) => (_file, Window) = (file, new ParquetWindow(file));

    /// <summary>What the library reads; closes the file.</summary>
    public ParquetWindow Window { get; }

    /// <summary>Checks the description at the end of a file.</summary>
    /// <param name="file">The file, from now on the window's.</param>
    public static ParquetGuard Open(FileStream file)
    {
        Span<byte> tail = stackalloc byte[8];
        if (file.Length < 12) throw new InvalidDataException("it is too short");
        file.Position = file.Length - 8;
        file.ReadExactly(tail);
        if (!tail[4..].SequenceEqual("PAR1"u8)) throw new InvalidDataException("its last four bytes are not PAR1");
        var length = BinaryPrimitives.ReadUInt32LittleEndian(tail);
        if (length > file.Length - 12) throw new InvalidDataException($"its description of {length} bytes goes beyond the file");
        if (length > ParquetLimits.FooterBytes)
            throw new InvalidDataException($"its description has {length} bytes; the limit is {ParquetLimits.FooterBytes}");
        var footer = new byte[length];
        file.Position = file.Length - 8 - length;
        file.ReadExactly(footer);
        CheckFooter(footer);
        return new ParquetGuard(file);
    }

    /// <summary>Counts the numbers or texts that are about to be held.</summary>
    public void CountValues(long count)
    {
        _values += count;
        if (count < 0 || _values > ParquetLimits.FreeValues + (ParquetLimits.ValuesPerByte * _file.Length))
            throw new InvalidDataException($"it claims {_values} values in {_file.Length} bytes; the limit is {ParquetLimits.FreeValues} "
                + $"and {ParquetLimits.ValuesPerByte} for each byte");
    }

    /// <summary>Counts the characters of texts, of which a dictionary may give one again and again.</summary>
    public void CountCharacters(long count)
    {
        _characters += count;
        CheckBytes(_characters);
    }

    /// <summary>Checks the pages of a column, and opens the window for them alone.</summary>
    /// <returns>How many values the column has, missing ones among them.</returns>
    public int Enter(ParquetRowGroupReader group, DataField field)
    {
        var column = group.GetMetadata(field)?.MetaData ?? throw new InvalidDataException($"column '{field.Path}' is not described");
        if (column.NumValues < group.RowCount || column.NumValues > int.MaxValue)
            throw new InvalidDataException($"column '{field.Path}' has {column.NumValues} values in {group.RowCount} rows");
        CountValues(column.NumValues);
        // The library takes the least of these that is not zero.
        long?[] starts = [column.DictionaryPageOffset, column.DataPageOffset, column.IndexPageOffset];
        var start = starts.Where(s => s is not (null or 0)).Min() ?? throw new InvalidDataException($"column '{field.Path}' has no place");
        Window.EndAt(_file.Length);
        Window.EndAt(CheckPages(column, start));
        return (int)column.NumValues;
    }

    private static void CheckFooter(ReadOnlySpan<byte> footer)
    {
        // How many children each element of the schema has: a tree, written parents first.
        var children = new List<long>();
        new ThriftScan(footer, (name, field, value) =>
        {
            if (name != "Schema") return;
            if (field == 0) children.Add(0);
            else if (field == 5) children[^1] = value;
            if (children.Count > ParquetLimits.SchemaElements)
                throw new InvalidDataException($"it has too many columns; the limit is {ParquetLimits.SchemaElements}");
        }).Struct(ThriftStructs.Footer);
        // The library looks for the first element, and for as many children as each claims, without an end.
        var open = new Stack<long>();
        foreach (var (at, count) in children.Index())
        {
            if (at > 0 && open.Count == 0) throw new InvalidDataException("it describes columns that belong to nothing");
            if (open.TryPop(out var left)) open.Push(left - 1);
            if (count > 0) open.Push(count);
            if (open.Count > ParquetLimits.SchemaDepth)
                throw new InvalidDataException($"its columns are nested too deep; the limit is a depth of {ParquetLimits.SchemaDepth}");
            while (open.TryPeek(out left) && left <= 0) open.Pop();
        }

        if (children.Count == 0 || open.Count > 0) throw new InvalidDataException("it describes fewer columns than it claims, or none");
    }

    private long CheckPages(ColumnMetaData column, long start)
    {
        long values = 0;
        while (values < column.NumValues)
        {
            var page = ReadHead(start);
            if (page.Compressed < 0 || page.Uncompressed < 0 || page.Compressed > _file.Length - page.Data)
                throw new InvalidDataException($"a page of {page.Compressed} bytes at {page.Data} goes beyond the file");
            values += CheckPage(column, page);
            start = page.Data + page.Compressed;
        }

        return start;
    }

    private long CheckPage(ColumnMetaData column, ParquetPage page)
    {
        _bytes += Math.Max(page.Uncompressed, Inflated(column.Codec, page));
        CheckBytes(_bytes);
        if (page.Values < 0 || page.Values > column.NumValues)
            throw new InvalidDataException($"a page has {page.Values} values in a column of {column.NumValues}");
        if (page.Type == PageType.DICTIONARY_PAGE)
        {
            if (page.Values > page.Uncompressed)
                throw new InvalidDataException($"a dictionary claims {page.Values} values in {page.Uncompressed} bytes");
            return 0;
        }

        if (page.Encoding == Encoding.DELTA_BYTE_ARRAY && (long)page.Values * page.Uncompressed > ParquetLimits.RepeatedPrefixes)
            throw new InvalidDataException(
                "a page has too many texts of the encoding DELTA_BYTE_ARRAY; plain texts and dictionaries are read");
        if (page.Nulls < 0 || page.Nulls > page.Values || page.Levels < 0 || page.Levels > page.Compressed)
            throw new InvalidDataException("a page's counts contradict each other");
        return page.Values;
    }

    // What the library will allocate goes by what the compressed bytes say, not by the page's head.
    private long Inflated(CompressionCodec codec, ParquetPage page)
    {
        if (codec is not (CompressionCodec.SNAPPY or CompressionCodec.ZSTD) || page.Compressed == 0) return 0;
        var bytes = new byte[page.Compressed];
        _file.Position = page.Data;
        _file.ReadExactly(bytes);
        // In the second kind of data page the levels come before what is compressed.
        ReadOnlySpan<byte> compressed = bytes.AsSpan((int)page.Levels);
        if (compressed.Length == 0) return 0;
        return codec == CompressionCodec.SNAPPY
            ? Snappier.Snappy.GetUncompressedLength(compressed)
            : (long)Math.Min(ZstdSharp.Decompressor.GetDecompressedSize(compressed), long.MaxValue / 4);
    }

    private ParquetPage ReadHead(long start)
    {
        if (start < 4 || start >= _file.Length) throw new InvalidDataException($"a page at {start} lies outside the file");
        // Heads have some fifty bytes, and more only where they hold long statistics.
        for (var length = 512; ; length = ParquetLimits.PageHeadBytes)
        {
            var bytes = new byte[Math.Min(length, _file.Length - start)];
            _file.Position = start;
            _file.ReadExactly(bytes);
            try
            {
                return ParquetPage.Read(bytes, start);
            }
            catch (EndOfStreamException) when (bytes.Length == length && length < ParquetLimits.PageHeadBytes)
            {
                // It goes on.
            }
        }
    }

    private void CheckBytes(long bytes)
    {
        if (bytes > ParquetLimits.FreeBytes + (ParquetLimits.BytesPerByte * _file.Length))
            throw new InvalidDataException($"it becomes {bytes} bytes from {_file.Length}: a decompression bomb");
    }
}
