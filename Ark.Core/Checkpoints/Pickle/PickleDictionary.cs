using System.Collections;
using System.Diagnostics.CodeAnalysis;

namespace Ark;

/// <summary>
/// A Python dictionary in the order of its entries. Keys are <see cref="string"/>, <see cref="long"/>,
/// <see cref="System.Numerics.BigInteger"/>, <see cref="bool"/>, <see cref="double"/>, a <see cref="PickleTuple"/> of these, or a
/// <see cref="PickleRecord"/> for whatever else Python can hash. <see cref="PyTorchFile"/> describes the values.
/// </summary>
public sealed class PickleDictionary : IReadOnlyDictionary<object, object?>
{
    /// <summary>Python's name of an ordinary dictionary.</summary>
    public const string PlainType = "dict";

    /// <summary>Python's name of what <c>state_dict()</c> returns.</summary>
    public const string OrderedType = "collections.OrderedDict";

    private static readonly OrderedDictionary<object, object?> None = [];
    private OrderedDictionary<object, object?>? _items;

    /// <summary>Creates an empty dictionary.</summary>
    /// <param name="typeName">Its Python type; <see cref="PlainType"/> unless told otherwise.</param>
    public PickleDictionary(string typeName = PlainType) => TypeName = typeName;

    /// <summary>The Python type: <c>dict</c>, <c>collections.OrderedDict</c>, <c>collections.defaultdict</c>, …</summary>
    public string TypeName { get; }

    /// <summary>
    /// Attributes set on the object itself, like the <c>_metadata</c> of a state dict; <see langword="null"/> where there are none.
    /// </summary>
    public PickleDictionary? Attributes { get; internal set; }

    /// <summary>The number of entries.</summary>
    public int Count => Items.Count;

    /// <inheritdoc/>
    public IEnumerable<object> Keys => Items.Keys;

    /// <inheritdoc/>
    public IEnumerable<object?> Values => Items.Values;

    /// <summary>A value as a dictionary, where it is one, or an object of a class that is one.</summary>
    internal static PickleDictionary? Of(object? value) => value as PickleDictionary ?? (value as PickleRecord)?.Items;

    /// <summary>How keys are compared and hashed.</summary>
    internal IEqualityComparer<object>? KeyComparer => _items?.Comparer;

    private OrderedDictionary<object, object?> Items => _items ?? None;

    /// <summary>The value of a key.</summary>
    /// <param name="key">The key; whole numbers are <see cref="long"/>.</param>
    /// <returns>The value.</returns>
    /// <exception cref="KeyNotFoundException">There is none.</exception>
    public object? this[object key] => Items[key];

    /// <summary>Adds an entry.</summary>
    /// <param name="key">A key that is not there yet; see the class for the types.</param>
    /// <param name="value">Its value.</param>
    /// <exception cref="ArgumentException">The key is there already, or cannot be one.</exception>
    public void Add(object key, object? value)
    {
        if (!PickleKeyComparer.IsKey(key)) throw new ArgumentException($"A {key?.GetType().Name} cannot be a key.", nameof(key));
        if (!TryAdd(key, value)) throw new ArgumentException($"The key '{key}' is there already.", nameof(key));
    }

    /// <inheritdoc/>
    public bool ContainsKey(object key) => Items.ContainsKey(key);

    /// <inheritdoc/>
    public bool TryGetValue(object key, [MaybeNullWhen(false)] out object? value) => Items.TryGetValue(key, out value);

    /// <inheritdoc/>
    public IEnumerator<KeyValuePair<object, object?>> GetEnumerator() => Items.GetEnumerator();

    /// <inheritdoc/>
    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <summary>The value of a key when it has the type asked for, else <see langword="default"/>.</summary>
    /// <typeparam name="T">The type.</typeparam>
    /// <param name="key">The key.</param>
    /// <returns>The value, or <see langword="default"/>.</returns>
    public T? Get<T>(object key) => TryGetValue(key, out var value) && value is T typed ? typed : default;

    internal bool TryAdd(object key, object? value) => (_items ??= new(PickleKeyComparer.Instance)).TryAdd(key, value);

    internal KeyValuePair<object, object?> At(int index) => Items.GetAt(index);

    /// <summary>Puts a tensor in the place of its record while a file is loaded.</summary>
    internal void SetAt(int index, object? value) => _items!.SetAt(index, value);
}
