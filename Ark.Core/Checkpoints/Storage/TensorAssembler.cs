using static TorchSharp.torch;

namespace Ark;

/// <summary>Turns stored tensors into tensors. A storage is read once, straight into native memory; tensors that share one in the file share it here.</summary>
internal sealed class TensorAssembler(string path) : IDisposable
{
    private readonly Dictionary<(StoredStorage, ElementType), Tensor> _storages = [];
    private readonly Dictionary<StoredTensor, Tensor> _tensors = [];
    private bool _released;

    /// <summary>The tensor of a record; the same one each time.</summary>
    public Tensor Assemble(StoredTensor stored)
    {
        if (_tensors.TryGetValue(stored, out var known)) return known;
        using var noGrad = no_grad();
        var storage = StorageOf(stored);
        var tensor = storage.as_strided(stored.Shape, stored.Strides, stored.Offset);
        if (stored.IsParameter) tensor = new TorchSharp.Modules.Parameter(tensor, stored.RequiresGrad && CanRequireGrad(stored));
        else if (stored.RequiresGrad && CanRequireGrad(stored)) tensor.requires_grad = true;
        _tensors.Add(stored, tensor);
        return tensor;
    }

    /// <summary>Leaves the tensors to the caller; without it, <see cref="Dispose"/> frees them.</summary>
    public void Release() => _released = true;

    public void Dispose()
    {
        foreach (var storage in _storages.Values) storage.Dispose();
        if (_released) return;
        foreach (var tensor in _tensors.Values) tensor.Dispose();
    }

    private static bool CanRequireGrad(StoredTensor stored) =>
        stored.Element.Scalar is ScalarType.Float16 or ScalarType.BFloat16 or ScalarType.Float32 or ScalarType.Float64
            or ScalarType.ComplexFloat32 or ScalarType.ComplexFloat64;

    private unsafe Tensor StorageOf(StoredTensor stored)
    {
        var key = (stored.Storage, stored.Element);
        if (_storages.TryGetValue(key, out var known)) return known;
        var bytes = stored.Storage.Bytes!;
        var element = stored.Element;
        var count = stored.Storage.ByteCount / element.Size;
        var flat = TensorMemory.Allocate(path, bytes.Place, count, element.Widening == Widening.None ? element.Scalar : ScalarType.Byte, element.Size);
        try
        {
            bytes.CopyTo(TensorMemory.AddressOf(flat));
            if (element.Widening != Widening.None)
            {
                var wide = ElementWidening.Widen(path, bytes.Place, flat, count, element);
                flat.Dispose();
                flat = wide;
            }
        }
        catch
        {
            flat.Dispose();
            throw;
        }

        _storages.Add(key, flat);
        return flat;
    }
}
