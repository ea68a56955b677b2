using System.Runtime.InteropServices;
using Parquet.Meta;

namespace Ark.Evaluation;

/// <summary>What the head of a page says.</summary>
/// <param name="Type">The kind of page.</param>
/// <param name="Data">Where its bytes begin in the file.</param>
/// <param name="Compressed">How many they are.</param>
/// <param name="Uncompressed">How many they become.</param>
/// <param name="Values">Values, missing ones among them.</param>
/// <param name="Nulls">Missing values, where the head tells.</param>
/// <param name="Levels">Bytes of levels before the compressed ones.</param>
/// <param name="Encoding">How the values are written.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct ParquetPage(
    PageType Type, long Data, int Compressed, int Uncompressed, int Values, int Nulls, long Levels, Encoding Encoding)
{
    public static ParquetPage Read(ReadOnlySpan<byte> bytes, long start)
    {
        var numbers = new Dictionary<(string, int), int>();
        var scan = new ThriftScan(bytes, (name, field, value) => numbers[(name, field)] = (int)value);
        scan.Struct(ThriftStructs.Page);
        var type = (PageType)Of(ThriftStructs.Page, 1, -1);
        var name = type switch
        {
            PageType.DATA_PAGE => "Data",
            PageType.DICTIONARY_PAGE => "Dictionary",
            PageType.DATA_PAGE_V2 => "Data2",
            _ => throw new InvalidDataException($"a page has the unsupported type {(int)type}"),
        };
        var isSecond = type == PageType.DATA_PAGE_V2;
        if (!numbers.ContainsKey((name, 0))) throw new InvalidDataException("a page lacks the head of its kind");
        return new ParquetPage(
            type,
            start + scan.Position,
            Of(ThriftStructs.Page, 3, -1),
            Of(ThriftStructs.Page, 2, -1),
            Of(name, 1, -1),
            isSecond ? Of(name, 2, -1) : 0,
            isSecond ? Level(5) + Level(6) : 0,
            (Encoding)(isSecond ? Of(name, 4, 0) : Of(name, 2, 0)));

        int Of(string name, int field, int otherwise) => numbers.GetValueOrDefault((name, field), otherwise);

        // Each must be a length by itself, not only their sum.
        long Level(int field) => Of("Data2", field, 0) is >= 0 and var length ? length : int.MinValue;
    }
}
