namespace Ark;

/// <summary>What a weight file holds, without the elements of its tensors.</summary>
public sealed class CheckpointIndex
{
    internal CheckpointIndex(CheckpointReader reader)
    {
        Path = reader.Path;
        StripPrefix = reader.StripPrefix;
        Files = reader.Files;
        Format = reader.Format;
        Metadata = reader.Metadata ?? new Dictionary<string, string>(StringComparer.Ordinal);
        Tensors = [.. reader.Tensors.Select(t => Describe(t.Key, t.Value))];
        // They are met in the same order again, but in what is shared only the first time.
        var next = 0;
        Root = PickleTree.Visit(Path, reader.Root, (name, tensor) =>
        {
            if (tensor is not StoredTensor) return tensor;
            while (Tensors[next].Name != name) next++;
            return Tensors[next++];
        });
    }

    /// <summary>The file.</summary>
    public string Path { get; }

    /// <summary>Its format.</summary>
    public CheckpointFormat Format { get; }

    /// <summary>
    /// The value in the file as <see cref="PyTorchFile"/> describes it, with <see cref="TensorInfo"/> in the place of tensors; of a
    /// safetensors file, a dictionary by name.
    /// </summary>
    public object? Root { get; }

    /// <summary>The texts in a safetensors header; empty for other formats.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; }

    /// <summary>Every tensor, in the order of the file; one that is there under two names is listed twice.</summary>
    public IReadOnlyList<TensorInfo> Tensors { get; }

    /// <summary>The files that hold it: the one of <see cref="Path"/>, or several.</summary>
    internal IReadOnlyList<string> Files { get; }

    /// <summary>What to take off the names of tensors; <see langword="null"/> to find out.</summary>
    internal string? StripPrefix { get; }

    private static TensorInfo Describe(string name, StoredTensor tensor) => new(name, tensor.Element.Name, tensor.Shape, tensor.ByteCount);
}
