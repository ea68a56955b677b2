using System.Buffers.Binary;

namespace Ark.Fuzz;

/// <summary>Parquet files: the description at the end and the heads of pages changed field by field, with right lengths.</summary>
internal static class ParquetParts
{
    // Fields that hold places in the file: of a column's metadata, of a column, of a group of rows.
    private static readonly int[] Places = [2, 5, 9, 10, 11];

    public static byte[] Mutate(byte[] parquet, IReadOnlyList<byte[]> others, RandomStream random)
    {
        if (parquet.Length < 12 || !parquet.AsSpan(parquet.Length - 4).SequenceEqual("PAR1"u8))
            return ByteMutations.Apply(parquet, others, random);
        var length = BinaryPrimitives.ReadInt32LittleEndian(parquet.AsSpan(parquet.Length - 8));
        if (length < 0 || length > parquet.Length - 12) return ByteMutations.Apply(parquet, others, random);
        var data = parquet[..(parquet.Length - 8 - length)];
        if (ThriftCode.Read(parquet.AsSpan(data.Length, length), out _) is not { } footer)
            return ByteMutations.Apply(parquet, others, random);
        var choice = random.NextInt32(10);
        if (choice < 5) ThriftCode.Mutate(footer, random);
        else if (choice < 8) data = MutatePage(data, footer, random);
        else data = ByteMutations.Apply(data, [data], random);
        var description = ThriftCode.Write(footer);
        if (random.Chance(0.05)) description = ByteMutations.Apply(description, [description], random);
        return [.. data, .. description, .. BitConverter.GetBytes(description.Length), .. "PAR1"u8];
    }

    private static byte[] MutatePage(byte[] data, ThriftNode footer, RandomStream random)
    {
        var starts = ThriftCode.All(footer)
            .SelectMany(n => n.Children)
            .Where(c => c.Id is 9 or 11 && c.Value.Type == 6 && c.Value.Number >= 4 && c.Value.Number < data.Length)
            .Select(c => (int)c.Value.Number)
            .ToList();
        if (starts.Count == 0) return ByteMutations.Apply(data, [data], random);
        var start = starts[random.NextInt32(starts.Count)];
        if (ThriftCode.Read(data.AsSpan(start), out var length) is not { } head) return data;
        if (random.Chance(0.8)) ThriftCode.Mutate(head, random);
        var written = ThriftCode.Write(head);
        var moved = written.Length - length;
        foreach (var node in ThriftCode.All(footer).SelectMany(n => n.Children))
        {
            if (Places.Contains(node.Id) && node.Value.Type == 6 && node.Value.Number > start && node.Value.Number <= data.Length)
                node.Value.Number += moved;
        }

        return [.. data[..start], .. written, .. data[(start + length)..]];
    }
}
