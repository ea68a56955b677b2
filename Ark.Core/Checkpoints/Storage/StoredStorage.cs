namespace Ark;

/// <summary>
/// A run of elements in a file that tensors are views of. Its place may become known after the pickle has been read (legacy files).
/// </summary>
internal sealed class StoredStorage(string key, ElementType element, long count)
{
    /// <summary>The name by which the file refers to it.</summary>
    public string Key { get; } = key;

    /// <summary>Its elements' type.</summary>
    public ElementType Element { get; } = element;

    /// <summary>How many elements it has; the product with the element size does not overflow.</summary>
    public long Count { get; } = count;

    /// <summary>How many bytes that is.</summary>
    public long ByteCount => Count * Element.Size;

    /// <summary>
    /// The storage of which this one is a part; <see langword="null"/> for one of its own. What is read is the owner, once for all its
    /// parts.
    /// </summary>
    public StoredStorage? Owner { get; private init; }

    /// <summary>The first byte within the owner.</summary>
    public long OwnerOffset { get; private init; }

    /// <summary>A part of this storage.</summary>
    /// <param name="key">Its name.</param>
    /// <param name="offset">Its first element, within this storage.</param>
    /// <param name="count">Its elements; they end within this storage.</param>
    public StoredStorage Part(string key, long offset, long count) =>
        new(key, Element, count) { Owner = Owner ?? this, OwnerOffset = OwnerOffset + (offset * Element.Size) };

    /// <summary>The storages of the file whose bytes these are: itself, unless it was put together of several.</summary>
    public IReadOnlyList<StoredStorage> Sources { get => field ?? [this]; init; }

    /// <summary>Where the bytes are; <see langword="null"/> until known, and for parts.</summary>
    public StorageBytes? Bytes { get; set; }
}
