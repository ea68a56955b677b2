namespace Ark.Evaluation;

/// <summary>
/// What a Parquet file of embeddings may ask for. Compression and dictionaries let a few bytes stand for many numbers: what they become is
/// bounded by a free amount, and beyond it by the file's own length.
/// </summary>
internal static class ParquetLimits
{
    /// <summary>Bytes of the description at the file's end.</summary>
    public const int FooterBytes = 64 << 20;

    /// <summary>Columns and groups of columns.</summary>
    public const int SchemaElements = 20_000;

    /// <summary>Groups of columns inside one another.</summary>
    public const int SchemaDepth = 32;

    /// <summary>Numbers and texts, whatever the file's length.</summary>
    public const long FreeValues = 8L << 20;

    /// <summary>Numbers and texts for each byte of the file.</summary>
    public const long ValuesPerByte = 64;

    /// <summary>Bytes after decompression, and characters of names, whatever the file's length.</summary>
    public const long FreeBytes = 64L << 20;

    /// <summary>Bytes after decompression, and characters of names, for each byte of the file.</summary>
    public const long BytesPerByte = 64;

    /// <summary>Bytes of the head of one page, with its statistics.</summary>
    public const int PageHeadBytes = 1 << 20;

    /// <summary>Texts of a page times its bytes, where texts repeat the beginning of the one before (DELTA_BYTE_ARRAY).</summary>
    public const long RepeatedPrefixes = 1L << 28;
}
