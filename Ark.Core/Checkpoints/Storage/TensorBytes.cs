using System.Diagnostics;
using static TorchSharp.torch;

namespace Ark;

/// <summary>
/// The contiguous bytes of a tensor that is to be written; a copy is made only where the tensor is not laid out so already.
/// </summary>
/// <remarks>Rests on: the tensor being dense, which the constructor makes sure of, and alive until its last chunk.</remarks>
internal sealed class TensorBytes : IDisposable
{
    private const int Chunk = 1 << 20;
    private readonly Tensor _dense;
    private readonly bool _owned;

    /// <summary>The bytes of a tensor.</summary>
    /// <param name="tensor">The tensor; borrowed, unless it is handed over.</param>
    /// <param name="handOver">Whether <see cref="Dispose"/> frees it.</param>
    public TensorBytes(Tensor tensor, bool handOver = false)
    {
        var dense = TensorMemory.IsDense(tensor);
        _owned = handOver || !dense;
        if (dense)
        {
            _dense = tensor;
            return;
        }

        using var noGrad = no_grad();
        using var detached = tensor.detach();
        using var local = detached.cpu();
        _dense = local.contiguous();
        if (handOver) tensor.Dispose();
    }

    /// <summary>The element type of a tensor that can be written.</summary>
    /// <exception cref="ArgumentException">It cannot.</exception>
    public static ElementType ElementOf(Tensor tensor)
    {
        ArgumentNullException.ThrowIfNull(tensor);
        if (tensor.IsInvalid) throw new ArgumentException("A tensor has been disposed of.", nameof(tensor));
        if (tensor.device_type == TorchSharp.DeviceType.META)
            throw new ArgumentException("A tensor on the device 'meta' cannot be written: it has no numbers.", nameof(tensor));
        if (tensor.is_sparse) throw new ArgumentException("A sparse tensor cannot be written; call to_dense() first.", nameof(tensor));
        return ElementType.OfScalar(tensor.dtype)
            ?? throw new ArgumentException($"A tensor of type {tensor.dtype} cannot be written.", nameof(tensor));
    }

    /// <summary>The checksum of the bytes.</summary>
    public uint Checksum()
    {
        uint sum = 0;
        ForEachChunk(bytes => sum = Crc32.Append(bytes, sum));
        return sum;
    }

    public void WriteTo(Stream stream) => ForEachChunk(stream.Write);

    public void Dispose()
    {
        if (_owned) _dense.Dispose();
    }

    private unsafe void ForEachChunk(SpanAction action)
    {
        var address = TensorMemory.AddressOf(_dense);
        var length = _dense.numel() * _dense.element_size();
        Debug.Assert(address is not null || length == 0, "The elements are there.");
        for (long done = 0; done < length; done += Chunk)
            action(new ReadOnlySpan<byte>(address + done, (int)Math.Min(Chunk, length - done)));
        GC.KeepAlive(_dense);
    }

    private delegate void SpanAction(ReadOnlySpan<byte> bytes);
}
