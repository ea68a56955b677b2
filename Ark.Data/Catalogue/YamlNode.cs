namespace Ark.Data;

/// <summary>A value of a YAML document with the line where it starts.</summary>
/// <param name="line">From 1.</param>
internal abstract class YamlNode(int line)
{
    /// <summary>The line where it starts, from 1.</summary>
    public int Line { get; } = line;

    /// <summary>How many nodes it holds, itself included and aliases counted in full.</summary>
    public int Size { get; protected set; } = 1;

    /// <summary>What to call it in a message.</summary>
    public abstract string Kind { get; }
}

/// <summary>A single value, always as text.</summary>
/// <param name="line">From 1.</param>
/// <param name="value">The text.</param>
/// <param name="isNull">Whether nothing was written (or <c>~</c> or <c>null</c>, unquoted).</param>
internal sealed class YamlScalar(int line, string value, bool isNull) : YamlNode(line)
{
    public string Value { get; } = value;

    public bool IsNull { get; } = isNull;

    public override string Kind => IsNull ? "empty" : "a single value";
}

/// <summary>A list of values.</summary>
/// <param name="line">From 1.</param>
internal sealed class YamlSequence(int line) : YamlNode(line)
{
    private readonly List<YamlNode> _items = [];

    public IReadOnlyList<YamlNode> Items => _items;

    public override string Kind => "a list";

    public void Add(YamlNode item)
    {
        _items.Add(item);
        Size += item.Size;
    }
}

/// <summary>Keys and values in the order of the file; keys are unique.</summary>
/// <param name="line">From 1.</param>
internal sealed class YamlMapping(int line) : YamlNode(line)
{
    private readonly OrderedDictionary<string, (YamlScalar Key, YamlNode Value)> _entries = new(StringComparer.Ordinal);

    public IReadOnlyList<(YamlScalar Key, YamlNode Value)> Entries => [.. _entries.Values];

    public override string Kind => "a mapping";

    public bool Contains(string key) => _entries.ContainsKey(key);

    public void Add(YamlScalar key, YamlNode value)
    {
        _entries.Add(key.Value, (key, value));
        Size += 1 + value.Size;
    }
}
