using System.Collections;

namespace Ark;

/// <summary>A Python set or frozenset, in the order of the file.</summary>
public sealed class PickleSet : IReadOnlyCollection<object>
{
    private readonly OrderedDictionary<object, bool> _items = new(PickleKeyComparer.Instance);

    internal PickleSet(bool isFrozen) => IsFrozen = isFrozen;

    /// <summary>Whether it is a frozenset.</summary>
    internal bool IsFrozen { get; }

    /// <summary>The number of members.</summary>
    public int Count => _items.Count;

    /// <summary>Whether a value is a member.</summary>
    /// <param name="value">The value; whole numbers are <see cref="long"/>.</param>
    /// <returns><see langword="true"/> when it is.</returns>
    public bool Contains(object value) => _items.ContainsKey(value);

    /// <inheritdoc/>
    public IEnumerator<object> GetEnumerator() => _items.Keys.GetEnumerator();

    /// <inheritdoc/>
    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    internal bool Add(object value) => _items.TryAdd(value, true);
}
