namespace Ark;

/// <summary>Sizes and joins of what stands for a tensor: where it is in a file, or what an index says of it.</summary>
internal static class TensorParts
{
    /// <summary>The sizes.</summary>
    public static long[] ShapeOf(object tensor) => tensor is StoredTensor stored ? stored.Shape : [.. ((TensorInfo)tensor).Shape];

    /// <summary>One of several: their rows one after the other.</summary>
    /// <exception cref="CheckpointException">They do not fit together.</exception>
    public static T Join<T>(string path, string name, IReadOnlyList<T> parts)
        where T : class
    {
        if (parts is IReadOnlyList<StoredTensor> stored) return (T)(object)StoredTensor.Join(path, name, stored);
        var infos = (IReadOnlyList<TensorInfo>)parts;
        long[] shape = [infos.Sum(p => p.Shape.Count == 0 ? 0 : p.Shape[0]), .. infos[0].Shape.Skip(1)];
        return (T)(object)(infos[0] with { Name = name, Shape = shape, Bytes = infos.Sum(p => p.Bytes) });
    }
}
