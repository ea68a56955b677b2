namespace Ark;

/// <summary>The state dict that was chosen among the values of a file.</summary>
/// <param name="NestedKey">Where it was; empty for the top level.</param>
/// <param name="Prefix">What was taken off its names, as training frameworks put it there; empty for nothing.</param>
/// <param name="Tensors">Its tensors, in the order of the file, under their final names.</param>
internal sealed record StateDictChoice(string NestedKey, string Prefix, IReadOnlyDictionary<string, StoredTensor> Tensors)
{
    /// <summary>Tensors of the same dictionary that are not part of it.</summary>
    public IReadOnlyDictionary<string, StoredTensor> LeftOut { get; private init; } =
        new Dictionary<string, StoredTensor>(StringComparer.Ordinal);

    /// <summary>What a user should know of the choice; <see langword="null"/> for nothing.</summary>
    public string? Remark { get; private init; }

    /// <summary>What of it is about the key.</summary>
    public string? KeyRemark { get; private init; }

    /// <summary>The sizes of the tensors.</summary>
    public IReadOnlyDictionary<string, long[]> Shapes => Tensors.ToDictionary(t => t.Key, t => t.Value.Shape, StringComparer.Ordinal);

    /// <summary>Chooses a state dict of an open file.</summary>
    /// <param name="reader">The file.</param>
    /// <param name="nestedKey">Where it is; <see langword="null"/> to choose.</param>
    /// <param name="networks">The networks that are looked for; <see langword="null"/> where any state dict is meant.</param>
    public static StateDictChoice Choose(CheckpointReader reader, string? nestedKey, INetworkNames? networks)
    {
        var found = StateDictSelection<StoredTensor>.Choose(reader.Path, reader.Root, nestedKey, reader.StripPrefix, networks);
        return new StateDictChoice(found.NestedKey, found.Prefix, found.Tensors)
        {
            LeftOut = found.LeftOut,
            Remark = found.Remark,
            KeyRemark = found.KeyRemark,
        };
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
