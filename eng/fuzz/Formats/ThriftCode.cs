using System.Text;

namespace Ark.Fuzz;

/// <summary>Reads and writes Thrift's compact protocol as far as Parquet uses it.</summary>
internal static class ThriftCode
{
    private const int MaxDepth = 40;

    /// <summary>Reads a structure.</summary>
    /// <returns><see langword="null"/> where it is none.</returns>
    public static ThriftNode? Read(ReadOnlySpan<byte> bytes, out int length)
    {
        length = 0;
        try
        {
            return Struct(bytes, ref length, 0);
        }
        catch (Exception e) when (e is IndexOutOfRangeException or ArgumentOutOfRangeException or InvalidDataException)
        {
            return null;
        }
    }

    public static byte[] Write(ThriftNode structure)
    {
        using var stream = new MemoryStream();
        Write(stream, structure, 0);
        return stream.ToArray();
    }

    /// <summary>All values within one, itself too.</summary>
    public static IEnumerable<ThriftNode> All(ThriftNode node) =>
        node.Children.SelectMany(c => All(c.Value)).Prepend(node);

    public static void Mutate(ThriftNode root, RandomStream random)
    {
        var nodes = All(root).ToList();
        for (var change = Extremes.FurtherChanges(random); change >= 0; change--)
        {
            var node = nodes[random.NextInt32(nodes.Count)];
            var children = node.Children;
            switch (random.NextInt32(12))
            {
                case 0 when children.Count > 0:
                    children.RemoveAt(random.NextInt32(children.Count));
                    break;
                case 1 when children.Count > 0:
                    var (id, copied) = children[random.NextInt32(children.Count)];
                    var size = All(copied).Count();
                    var times = Math.Min(random.NextInt32(random.Chance(0.1) ? 300 : 2), 20_000 / size);
                    for (; times >= 0 && nodes.Count < 20_000; times--)
                        children.Insert(random.NextInt32(children.Count + 1), (id, copied.Copy()));
                    break;
                case 2 when children.Count > 0:
                    var at = random.NextInt32(children.Count);
                    children[at] = (random.NextInt32(20), children[at].Value);
                    break;
                case 3:
                    var other = nodes[random.NextInt32(nodes.Count)].Copy();
                    children.Add((random.NextInt32(20), other));
                    break;
                case 4 when node.Type is 9 or 10:
                    node.Count = Extremes.Whole(random);
                    break;
                case 5 when node.Type is 9 or 10:
                    node.ElementType = random.NextInt32(16);
                    break;
                case 6:
                    node.Type = 1 + random.NextInt32(12);
                    break;
                default:
                    // Numbers and names are what a reader believes.
                    var leaves = nodes.Where(n => n.Children.Count == 0).ToList();
                    if (leaves.Count == 0) break;
                    var leaf = leaves[random.NextInt32(leaves.Count)];
                    if (leaf.Type == 8 && random.Chance(0.7)) leaf.Bytes = Encoding.UTF8.GetBytes(Extremes.Text(random));
                    else if (leaf.Type == 8) leaf.Bytes = Extremes.Bytes(random.NextInt32(40), random);
                    else if (random.Chance(0.4)) leaf.Number += random.NextInt32(9) - 4;
                    else leaf.Number = random.Chance(0.4) ? random.NextInt32(12) : Extremes.Whole(random);
                    break;
            }
        }
    }

    private static ThriftNode Struct(ReadOnlySpan<byte> bytes, ref int at, int depth)
    {
        if (depth > MaxDepth) throw new InvalidDataException();
        var node = new ThriftNode(12);
        var id = 0;
        while (true)
        {
            var head = bytes[at++];
            if (head == 0) return node;
            id = head >> 4 == 0 ? (int)ZigZag(Varint(bytes, ref at)) : id + (head >> 4);
            node.Children.Add((id, Value(bytes, ref at, head & 15, depth)));
        }
    }

    private static ThriftNode Value(ReadOnlySpan<byte> bytes, ref int at, int type, int depth)
    {
        var node = new ThriftNode(type);
        switch (type)
        {
            case 1 or 2:
                return node;
            case 3:
                node.Number = (sbyte)bytes[at++];
                return node;
            case 4 or 5 or 6:
                node.Number = ZigZag(Varint(bytes, ref at));
                return node;
            case 7:
                node.Number = BitConverter.ToInt64(bytes.Slice(at, 8));
                at += 8;
                return node;
            case 8:
                var length = (int)Math.Min(int.MaxValue, Varint(bytes, ref at));
                node.Bytes = bytes.Slice(at, length).ToArray();
                at += length;
                return node;
            case 9 or 10:
                var head = bytes[at++];
                var count = head >> 4 == 15 ? (long)Varint(bytes, ref at) : head >> 4;
                node.ElementType = head & 15;
                for (; count > 0; count--)
                {
                    // Truth values have a byte of their own in lists.
                    if (node.ElementType is 1 or 2) node.Children.Add((0, new ThriftNode(3) { Number = bytes[at++] }));
                    else node.Children.Add((0, Value(bytes, ref at, node.ElementType, depth + 1)));
                }

                return node;
            case 12:
                return Struct(bytes, ref at, depth + 1);
            default:
                throw new InvalidDataException();
        }
    }

    private static void Write(MemoryStream stream, ThriftNode node, int depth)
    {
        if (depth > MaxDepth + 20) return;
        switch (node.Type)
        {
            case 3:
                stream.WriteByte((byte)node.Number);
                break;
            case 4 or 5 or 6:
                Varint(stream, (ulong)((node.Number << 1) ^ (node.Number >> 63)));
                break;
            case 7:
                stream.Write(BitConverter.GetBytes(node.Number));
                break;
            case 8:
                Varint(stream, (ulong)node.Bytes.Length);
                stream.Write(node.Bytes);
                break;
            case 9 or 10:
                var count = (ulong)(node.Count ?? node.Children.Count);
                stream.WriteByte((byte)((count < 15 ? (int)count << 4 : 0xF0) | (node.ElementType & 15)));
                if (count >= 15) Varint(stream, count);
                foreach (var (_, value) in node.Children) Write(stream, value, depth + 1);
                break;
            case 11:
                Varint(stream, (ulong)(node.Count ?? 0));
                if (node.Count is > 0) stream.WriteByte(0x88);
                break;
            case 12:
                var last = 0;
                foreach (var (id, value) in node.Children)
                {
                    var step = id - last;
                    last = id;
                    if (step is > 0 and < 16) stream.WriteByte((byte)((step << 4) | (value.Type & 15)));
                    else
                    {
                        stream.WriteByte((byte)(value.Type & 15));
                        Varint(stream, (ulong)(uint)((id << 1) ^ (id >> 31)));
                    }

                    Write(stream, value, depth + 1);
                }

                stream.WriteByte(0);
                break;
        }
    }

    private static ulong Varint(ReadOnlySpan<byte> bytes, ref int at)
    {
        var result = 0UL;
        for (var shift = 0; ; shift += 7)
        {
            var next = bytes[at++];
            result |= (ulong)(next & 127) << shift;
            if (next < 128) return result;
        }
    }

    private static void Varint(MemoryStream stream, ulong value)
    {
        for (; value > 127; value >>= 7) stream.WriteByte((byte)(value | 128));
        stream.WriteByte((byte)value);
    }

    private static long ZigZag(ulong value) => (long)(value >> 1) ^ -(long)(value & 1);
}
