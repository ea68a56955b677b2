namespace Ark;

/// <summary>
/// What a file says about an object of a Python class: its name and its data, and nothing that could run. <c>argparse.Namespace</c>
/// has its fields in <see cref="State"/>; <c>torch.device</c> its arguments in <see cref="Arguments"/>; <c>torch.float32</c> is a name
/// alone.
/// </summary>
public sealed class PickleRecord
{
    internal PickleRecord(string typeName, PickleTuple? arguments)
    {
        TypeName = typeName;
        Arguments = arguments;
    }

    /// <summary>The full name: <c>argparse.Namespace</c>.</summary>
    public string TypeName { get; }

    /// <summary>What the constructor would have been given; <see langword="null"/> when the file refers to the class itself.</summary>
    public PickleTuple? Arguments { get; }

    /// <summary>The object's attributes (mostly a <see cref="PickleDictionary"/>), or <see langword="null"/>.</summary>
    public object? State { get; internal set; }

    /// <summary>The entries, where the class is a kind of dictionary; else <see langword="null"/>.</summary>
    public PickleDictionary? Items { get; internal set; }

    /// <summary>The elements, where the class is a kind of list; else <see langword="null"/>.</summary>
    public IReadOnlyList<object?>? Elements { get; internal set; }

    /// <inheritdoc/>
    public override string ToString() => TypeName;

    internal PickleDictionary ItemsToFill => Items ??= new PickleDictionary(TypeName);

    internal List<object?> ElementsToFill
    {
        get
        {
            if (Elements is List<object?> list) return list;
            var created = new List<object?>();
            Elements = created;
            return created;
        }
    }
}
