using System.Collections.Frozen;
using System.Globalization;

namespace Ark.Evaluation;

/// <summary>
/// The structures of a Parquet file, after the format's own description. A reader takes the fields that it knows for what they should be,
/// whatever the file says, and would be led astray by another type: so each known field must have its own.
/// </summary>
internal static class ThriftStructs
{
    public const string Footer = "File";
    public const string Page = "Page";

    // Number:type of each field. t is a truth value, y, h, i, l are whole numbers of 1, 2, 4, 8 bytes, d a double, b text or bytes;
    // brackets make a list, other names are structures.
    private const string Table =
        """
        File 1:i 2:[Schema] 3:l 4:[Group] 5:[Pair] 6:b 7:[Order] 8:Cipher 9:b
        Schema 1:i 2:i 3:i 4:b 5:i 6:i 7:i 8:i 9:i 10:Logical
        Logical 1:Empty 2:Empty 3:Empty 4:Empty 5:Decimal 6:Empty 7:Time 8:Time 10:Int 11:Empty 12:Empty 13:Empty 14:Empty 15:Empty 16:Variant 17:Geometry 18:Geometry
        Decimal 1:i 2:i
        Time 1:t 2:Unit
        Unit 1:Empty 2:Empty 3:Empty
        Int 1:y 2:t
        Variant 1:y
        Geometry 1:b 2:i
        Empty
        Group 1:[Chunk] 2:l 3:l 4:[Sorting] 5:l 6:l 7:h
        Sorting 1:i 2:t 3:t
        Chunk 1:b 2:l 3:Column 4:l 5:i 6:l 7:i 8:ColumnCipher 9:b
        Column 1:i 2:[i] 3:[b] 4:i 5:l 6:l 7:l 8:[Pair] 9:l 10:l 11:l 12:Statistics 13:[Encoding] 14:l 15:i 16:Sizes 17:Places
        ColumnCipher 1:Empty 2:ColumnKey
        ColumnKey 1:[b] 2:b
        Pair 1:b 2:b
        Statistics 1:b 2:b 3:l 4:l 5:b 6:b 7:t 8:t
        Encoding 1:i 2:i 3:i
        Sizes 1:l 2:[l] 3:[l]
        Places 1:Box 2:[i]
        Box 1:d 2:d 3:d 4:d 5:d 6:d 7:d 8:d
        Order 1:Empty
        Cipher 1:Aes 2:Aes
        Aes 1:b 2:b 3:t
        Page 1:i 2:i 3:i 4:i 5:Data 6:Empty 7:Dictionary 8:Data2
        Data 1:i 2:i 3:i 4:i 5:Statistics
        Dictionary 1:i 2:i 3:t
        Data2 1:i 2:i 3:i 4:i 5:i 6:i 7:t 8:Statistics
        """;

    private static readonly FrozenDictionary<string, FrozenDictionary<int, ThriftField>> Known = Table
        .Split('\n', StringSplitOptions.TrimEntries)
        .Select(line => line.Split(' '))
        .ToFrozenDictionary(words => words[0], words => words.Skip(1).ToFrozenDictionary(NumberOf, FieldOf), StringComparer.Ordinal);

    /// <summary>The fields of a structure, by their numbers.</summary>
    public static FrozenDictionary<int, ThriftField> FieldsOf(string name) => Known[name];

    private static int NumberOf(string word) => int.Parse(word.Split(':')[0], CultureInfo.InvariantCulture);

    private static ThriftField FieldOf(string word)
    {
        var type = word.Split(':')[1];
        var isList = type[0] == '[';
        var name = type.Trim('[', ']');
        return name switch
        {
            "t" => new ThriftField(ThriftType.True, isList, null),
            "y" => new ThriftField(ThriftType.Byte, isList, null),
            "h" => new ThriftField(ThriftType.Int16, isList, null),
            "i" => new ThriftField(ThriftType.Int32, isList, null),
            "l" => new ThriftField(ThriftType.Int64, isList, null),
            "d" => new ThriftField(ThriftType.Double, isList, null),
            "b" => new ThriftField(ThriftType.Binary, isList, null),
            _ => new ThriftField(ThriftType.Struct, isList, name),
        };
    }
}
