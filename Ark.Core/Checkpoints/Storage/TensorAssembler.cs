using System.Diagnostics;
using static TorchSharp.torch;

namespace Ark;

/// <summary>
/// Turns stored tensors into tensors. A storage is read once, straight into native memory; tensors that share one in the file share it
/// here.
/// </summary>
/// <remarks>Rests on: each storage being allocated with as many bytes as its file's, and kept in the dictionary while it is read
/// into.</remarks>
internal sealed class TensorAssembler(string path) : IDisposable
{
    private readonly Dictionary<(StoredStorage, ElementType), Tensor> _storages = [];
    private readonly Dictionary<StoredTensor, Tensor> _tensors = [];
    private bool _released;

    /// <summary>Reads the storages of many tensors at once, which is faster than one by one.</summary>
    public void ReadStorages(IEnumerable<StoredTensor> tensors)
    {
        var wanted = tensors.Select(t => (t.Storage, t.Element)).Distinct().Where(k => !_storages.ContainsKey(k)).ToList();
        // Allocated one by one, so that a failure leaves every tensor where Dispose finds it.
        foreach (var (storage, element) in wanted) _storages.Add((storage, element), Allocate(storage, element));
        Debug.Assert(
            wanted.TrueForAll(k => _storages[k].numel() * _storages[k].element_size() >= k.Storage.Bytes!.Length),
            "Each tensor has room for the bytes of its storage.");
        var work = wanted.Select(k => (Bytes: k.Storage.Bytes!, Address: AddressOf(_storages[k]))).ToList();
        ParallelReading.ForEach(work, w => w.Bytes.Length, w => Read(w.Bytes, w.Address));
        foreach (var key in wanted.Where(k => k.Element.Widening != Widening.None))
        {
            var raw = _storages[key];
            _storages[
                key] = ElementWidening.Widen(path, key.Storage.Bytes!.Place, raw, key.Storage.ByteCount / key.Element.Size, key.Element);
            raw.Dispose();
        }
    }

    /// <summary>The tensor of a record; the same one each time.</summary>
    public Tensor Assemble(StoredTensor stored)
    {
        if (_tensors.TryGetValue(stored, out var known)) return known;
        ReadStorages([stored]);
        using var noGrad = no_grad();
        var tensor = _storages[(stored.Storage, stored.Element)].as_strided(stored.Shape, stored.Strides, stored.Offset);
        var requiresGrad = stored.RequiresGrad && IsFloating(stored.Element.Scalar);
        if (stored.IsParameter) tensor = new TorchSharp.Modules.Parameter(tensor, requiresGrad);
        else if (requiresGrad) tensor.requires_grad = true;
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

    private static bool IsFloating(ScalarType type) =>
        type is ScalarType.Float16 or ScalarType.BFloat16 or ScalarType.Float32 or ScalarType.Float64 or ScalarType.ComplexFloat32
            or ScalarType.ComplexFloat64;

    private static unsafe nint AddressOf(Tensor tensor) => (nint)TensorMemory.AddressOf(tensor);

    private static unsafe void Read(StorageBytes bytes, nint address) => bytes.CopyTo((byte*)address);

    private Tensor Allocate(StoredStorage storage, ElementType element) => TensorRoom.Allocate(
        path, storage.Bytes!.Place, storage.ByteCount / element.Size, element.Widening == Widening.None ? element.Scalar : ScalarType.Byte,
        element.Size);
}
