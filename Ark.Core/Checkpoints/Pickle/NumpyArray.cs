namespace Ark;

/// <summary>A NumPy array inside a checkpoint: bytes in little-endian order with rows first, whatever order the file had.</summary>
public sealed class NumpyArray
{
    internal NumpyArray(string dataType, long[] shape, byte[] data)
    {
        DataType = dataType;
        Shape = shape;
        Data = data;
    }

    /// <summary>NumPy's name of the element type: <c>float32</c>.</summary>
    public string DataType { get; }

    /// <summary>The sizes.</summary>
    public IReadOnlyList<long> Shape { get; }

    /// <summary>The elements' bytes, row-major, little-endian.</summary>
    public ReadOnlyMemory<byte> Data { get; }
}
