namespace Ark.Fuzz;

/// <summary>A value of Thrift's compact protocol.</summary>
/// <param name="type">
/// Its type: 1 and 2 true and false, 3 to 6 whole numbers, 7 a double, 8 bytes, 9 and 10 lists, 11 a map, 12 a structure.
/// </param>
internal sealed class ThriftNode(int type)
{
    public int Type { get; set; } = type;

    public long Number { get; set; }

    public byte[] Bytes { get; set; } = [];

    /// <summary>The type that a list says its elements have.</summary>
    public int ElementType { get; set; }

    /// <summary>A count that is not that of the elements.</summary>
    public long? Count { get; set; }

    /// <summary>Elements of a list, with 0 for their numbers, or fields of a structure.</summary>
    public List<(int Id, ThriftNode Value)> Children { get; } = [];

    public ThriftNode Copy()
    {
        var copy = new ThriftNode(Type) { Number = Number, Bytes = Bytes, ElementType = ElementType, Count = Count };
        foreach (var (id, value) in Children) copy.Children.Add((id, value.Copy()));
        return copy;
    }
}
