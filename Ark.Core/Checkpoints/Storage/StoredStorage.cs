namespace Ark;

/// <summary>A run of elements in a file that tensors are views of. Its place may become known after the pickle has been read (legacy files).</summary>
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

    /// <summary>Where the bytes are; <see langword="null"/> until known.</summary>
    public StorageBytes? Bytes { get; set; }
}
