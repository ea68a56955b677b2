namespace Ark;

/// <summary>The state dict that was chosen among the values of a file.</summary>
/// <param name="NestedKey">Where it was; empty for the top level.</param>
/// <param name="PrefixStripped">Whether its names began with <c>module.</c>, as parallel training writes them.</param>
/// <param name="Tensors">Its tensors, in the order of the file, under their final names.</param>
internal sealed record StateDictChoice(string NestedKey, bool PrefixStripped, IReadOnlyDictionary<string, StoredTensor> Tensors)
{
    private const string ParallelPrefix = "module.";

    /// <summary>The sizes of the tensors.</summary>
    public IReadOnlyDictionary<string, long[]> Shapes => Tensors.ToDictionary(t => t.Key, t => t.Value.Shape, StringComparer.Ordinal);

    /// <summary>Chooses a state dict of an open file.</summary>
    public static StateDictChoice Choose(CheckpointReader reader, string? nestedKey)
    {
        var (path, dictionary) = StateDictKey.Find(reader.Path, reader.Root, nestedKey);
        var (tensors, stripped) = Flatten<StoredTensor>(dictionary);
        return new StateDictChoice(path, stripped, tensors);
    }

    /// <summary>The tensors of a dictionary, without a <c>module.</c> that all names share.</summary>
    /// <typeparam name="T">What stands for a tensor: <see cref="StoredTensor"/> or <see cref="TensorInfo"/>.</typeparam>
    public static (OrderedDictionary<string, T> Tensors, bool PrefixStripped) Flatten<T>(PickleDictionary dictionary)
        where T : class
    {
        var tensors = new OrderedDictionary<string, T>(StringComparer.Ordinal);
        foreach (var (key, value) in dictionary)
            if (key is string name && value is T tensor) tensors.Add(name, tensor);
        var strip = tensors.Keys.All(k => k.StartsWith(ParallelPrefix, StringComparison.Ordinal));
        if (!strip) return (tensors, false);
        var stripped = new OrderedDictionary<string, T>(StringComparer.Ordinal);
        foreach (var (name, tensor) in tensors) stripped.Add(name[ParallelPrefix.Length..], tensor);
        return (stripped, true);
    }

    /// <summary>The same tensors under other names.</summary>
    /// <param name="path">The file, for messages.</param>
    /// <param name="names">New names by present ones; what is not in it keeps its name.</param>
    public StateDictChoice Rename(string path, IReadOnlyDictionary<string, string> names)
    {
        if (names.Count == 0) return this;
        var renamed = new OrderedDictionary<string, StoredTensor>(StringComparer.Ordinal);
        foreach (var (name, tensor) in Tensors)
        {
            var final = names.GetValueOrDefault(name, name);
            if (!renamed.TryAdd(final, tensor))
                throw new CheckpointException(path, $"tensor '{name}'", $"would become '{final}', which the file has already");
        }

        return this with { Tensors = renamed };
    }
}
