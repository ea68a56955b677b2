using static TorchSharp.torch;

namespace Ark.Tests.Hostile;

/// <summary>The tensors of a loaded tree by their dotted path.</summary>
internal sealed class LoadedTensors : IDisposable
{
    private readonly List<(string Name, Tensor Tensor)> _tensors = [];

    public int Count => _tensors.Count;

    public void Add(string name, Tensor tensor) => _tensors.Add((name, tensor));

    /// <summary>Reads every element of tensors of up to a million.</summary>
    public void ReadAll()
    {
        foreach (var (_, tensor) in _tensors.Where(t => t.Tensor.numel() <= 1_000_000)) RecordedTree.BytesOf(tensor);
    }

    public void Take(string path, object? root) => PickleTree.Visit(path, root, (name, tensor) =>
    {
        _tensors.Add((name, (Tensor)tensor));
        return tensor;
    });

    /// <summary>The tensor of that name, at the top level or under any key.</summary>
    public Tensor Named(string name) => _tensors.First(t => t.Name == name || t.Name.EndsWith("." + name, StringComparison.Ordinal)).Tensor;

    public void Dispose()
    {
        foreach (var (_, tensor) in _tensors) tensor.Dispose();
    }
}
