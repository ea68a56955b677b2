using System.Collections;

namespace Ark;

/// <summary>A Python tuple (or <c>torch.Size</c>). Two are equal when their elements are.</summary>
public sealed class PickleTuple : IReadOnlyList<object?>, IEquatable<PickleTuple>
{
    private readonly object?[] _items;

    /// <summary>Creates a tuple.</summary>
    /// <param name="items">The elements; copied.</param>
    public PickleTuple(params ReadOnlySpan<object?> items) => _items = items.ToArray();

    /// <summary>The number of elements.</summary>
    public int Count => _items.Length;

    /// <summary>One element.</summary>
    /// <param name="index">Its position, from 0.</param>
    /// <returns>The value.</returns>
    public object? this[int index] => _items[index];

    /// <inheritdoc/>
    public IEnumerator<object?> GetEnumerator() => ((IEnumerable<object?>)_items).GetEnumerator();

    /// <inheritdoc/>
    IEnumerator IEnumerable.GetEnumerator() => _items.GetEnumerator();

    /// <inheritdoc/>
    public bool Equals(PickleTuple? other) => other is not null && _items.SequenceEqual(other._items);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as PickleTuple);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        var hash = default(HashCode);
        foreach (var item in _items) hash.Add(item);
        return hash.ToHashCode();
    }

    /// <summary>Puts a tensor in the place of its record while a file is loaded.</summary>
    internal void Set(int index, object? value) => _items[index] = value;
}
