using System.Buffers;

namespace Ark.Data;

/// <summary>Scratch memory of one call, given back to the shared pool: preparing an image leaves no garbage behind.</summary>
internal readonly struct PooledBytes : IDisposable
{
    private readonly byte[] _array;
    private readonly int _length;

    public PooledBytes(int length)
    {
        _array = ArrayPool<byte>.Shared.Rent(length);
        _length = length;
    }

    /// <summary>The asked bytes; their content is undefined at first.</summary>
    public Span<byte> Span => _array.AsSpan(0, _length);

    public void Dispose() => ArrayPool<byte>.Shared.Return(_array);
}
