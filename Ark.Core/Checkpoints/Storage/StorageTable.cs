namespace Ark;

/// <summary>The tensors of a file that is being written; each becomes one storage of its own.</summary>
internal sealed class StorageTable
{
    private readonly List<TensorSource> _tensors = [];

    /// <summary>The tensors, in the order of their keys 0, 1, 2, …</summary>
    public IReadOnlyList<TensorSource> Tensors => _tensors;

    /// <summary>Gives a tensor its key.</summary>
    public int Add(TensorSource tensor)
    {
        _tensors.Add(tensor);
        return _tensors.Count - 1;
    }
}
