namespace Ark;

/// <summary>
/// A tensor that is still in the file: a strided view of a storage. Only <see cref="Create"/> makes one, after all checks.
/// </summary>
internal sealed class StoredTensor
{
    // libtorch's own limit for most operators; real networks stay below 8.
    private const int MaxRank = 64;

    private StoredTensor(StoredStorage storage, ElementType element, long offset, long[] shape, long[] strides, long count)
    {
        Storage = storage;
        Element = element;
        Offset = offset;
        Shape = shape;
        Strides = strides;
        Count = count;
    }

    public StoredStorage Storage { get; }

    public ElementType Element { get; }

    /// <summary>The first element, counted in elements from the storage's start.</summary>
    public long Offset { get; }

    public long[] Shape { get; }

    /// <summary>In elements.</summary>
    public long[] Strides { get; }

    /// <summary>The product of the shape.</summary>
    public long Count { get; }

    /// <summary>Bytes of the elements, were they contiguous.</summary>
    public long ByteCount => Count * Element.Size;

    public bool RequiresGrad { get; init; }

    public bool IsParameter { get; init; }

    /// <summary>Whether the elements lie in row-major order without gaps.</summary>
    public bool IsContiguous
    {
        get
        {
            long expected = 1;
            for (var i = Shape.Length - 1; i >= 0; i--)
            {
                if (Shape[i] != 1 && Strides[i] != expected) return false;
                expected *= Shape[i];
            }

            return true;
        }
    }

    /// <summary>
    /// Checks a view against its storage. Where it does not fit, the result is <see langword="null"/> and the problem says why.
    /// </summary>
    public static StoredTensor? Create(
        StoredStorage storage, ElementType element, long offset, long[] shape, long[] strides, bool requiresGrad, out string problem)
    {
        problem = Check(storage.ByteCount / element.Size, element, offset, shape, strides, out var count);
        if (problem.Length == 0 && storage.OwnerOffset % element.Size != 0)
            problem = $"a tensor's storage begins at byte {storage.OwnerOffset} of another, which is invalid for elements of "
                + $"{element.Size} bytes";
        if (problem.Length > 0) return null;
        return new StoredTensor(storage.Owner ?? storage, element, offset + (storage.OwnerOffset / element.Size), shape, strides, count)
        {
            RequiresGrad = requiresGrad,
        };
    }

    /// <summary>One tensor of several: their rows one after the other.</summary>
    /// <param name="path">The file, for messages.</param>
    /// <param name="name">What the whole is called.</param>
    /// <param name="parts">The tensors, which have the same number of columns.</param>
    /// <exception cref="CheckpointException">They do not fit together, or do not lie in the file row by row.</exception>
    public static StoredTensor Join(string path, string name, IReadOnlyList<StoredTensor> parts)
    {
        var first = parts[0];
        if (parts.Any(p => p.Element != first.Element || p.Shape.Length == 0 || !p.Shape.AsSpan(1).SequenceEqual(first.Shape.AsSpan(1))))
            throw new CheckpointException(path, $"tensor '{name}'", "is in parts that do not fit together: their types or columns differ");
        if (parts.Any(p => !p.IsContiguous || (p.Storage.Bytes!.Deflated && p.Count != p.Storage.Count)))
            throw new CheckpointException(
                path, $"tensor '{name}'", "is in parts that are views of other tensors", "Save copies of them (clone()), not views.");
        long[] shape = [parts.Sum(p => p.Shape[0]), .. first.Shape.AsSpan(1)];
        var size = first.Element.Size;
        var storage = new StoredStorage(name, first.Element, parts.Sum(p => p.Count))
        {
            Sources = [.. parts.SelectMany(p => p.Storage.Sources).Distinct()],
            Bytes = StorageBytes.Join([.. parts.Select(p => new StorageBytes.Piece(p.Storage.Bytes!, p.Offset * size, p.ByteCount))],
                $"tensor '{name}'"),
        };
        return new StoredTensor(storage, first.Element, 0, shape, RowMajorStrides(shape), storage.Count);
    }

    /// <summary>The same view as a parameter.</summary>
    public StoredTensor AsParameter(bool requiresGrad) =>
        new(Storage, Element, Offset, Shape, Strides, Count) { RequiresGrad = requiresGrad, IsParameter = true };

    /// <summary>The strides of a contiguous tensor.</summary>
    public static long[] RowMajorStrides(ReadOnlySpan<long> shape)
    {
        var strides = new long[shape.Length];
        long next = 1;
        for (var i = shape.Length - 1; i >= 0; i--)
        {
            strides[i] = next;
            next *= Math.Max(shape[i], 1);
        }

        return strides;
    }

    private static string Check(long available, ElementType element, long offset, long[] shape, long[] strides, out long count)
    {
        count = 1;
        if (shape.Length > MaxRank) return $"a tensor's shape has {shape.Length} dimensions, too large; the limit is {MaxRank}";
        if (strides.Length != shape.Length) return $"a tensor has {shape.Length} sizes but {strides.Length} strides";
        if (offset < 0 || offset > available) return $"a tensor's offset {offset} is out of range of its storage of {available} elements";
        UInt128 bytes = (uint)element.Size;
        UInt128 last = (UInt128)(ulong)offset;
        var empty = false;
        for (var i = 0; i < shape.Length; i++)
        {
            if (shape[i] < 0) return $"a tensor has the negative size {shape[i]}";
            if (strides[i] < 0) return $"a tensor has the negative stride {strides[i]}";
            if (shape[i] == 0)
            {
                empty = true;
                continue;
            }

            // Each factor is below 2^63 and the running values below 2^64, so 128 bits cannot overflow before these tests.
            bytes *= (ulong)shape[i];
            if (bytes > long.MaxValue) return $"a tensor's size [{string.Join(", ", shape)}] overflows";
            last += (UInt128)(ulong)(shape[i] - 1) * (ulong)strides[i];
            if (last > long.MaxValue) return $"a tensor's sizes and strides overflow (stride {strides[i]})";
        }

        count = empty ? 0 : (long)(bytes / (uint)element.Size);
        if (!empty && (long)last >= available)
            return $"a tensor of shape [{string.Join(", ", shape)}] at offset {offset} reaches element {(long)last}, out of range of its "
                + $"storage of {available} elements";
        return "";
    }
}
