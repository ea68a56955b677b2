namespace Ark;

/// <summary>The state dict that was chosen among the values of a file.</summary>
/// <param name="NestedKey">Where it was; empty for the top level.</param>
/// <param name="PrefixStripped">Whether its names began with <c>module.</c>, as parallel training writes them.</param>
/// <param name="Tensors">Its tensors, in the order of the file, under their final names.</param>
internal sealed record StateDictChoice(string NestedKey, bool PrefixStripped, IReadOnlyDictionary<string, StoredTensor> Tensors)
{
    private const string ParallelPrefix = "module.";

    // The teacher is what Ark releases and reuses, so it comes first.
    private static readonly string[] Order = ["teacher", "state_dict", "model", "student"];

    public static StateDictChoice Choose(CheckpointReader reader, string? nestedKey)
    {
        if (reader.Root is not PickleDictionary current) throw new CheckpointException(reader.Path, null, $"holds no state dict: its value is a {PickleReader.Describe(reader.Root)}");
        var path = new List<string>();
        if (nestedKey is null)
        {
            while (!HasTensors(current))
            {
                var (key, next) = Next(current) ?? throw new CheckpointException(reader.Path, path.Count == 0 ? null : $"key '{string.Join('.', path)}'",
                    $"holds no state dict; its keys are {Names(current)}", "Name the key of the state dict.");
                path.Add(key);
                current = next;
            }
        }
        else
        {
            foreach (var key in nestedKey.Split('.', StringSplitOptions.RemoveEmptyEntries))
            {
                path.Add(key);
                current = current.Get<PickleDictionary>(key) ?? throw new CheckpointException(reader.Path, $"key '{string.Join('.', path)}'",
                    $"is missing or no dictionary; the keys there are {Names(current)}", "Choose one of these, or leave the key out.");
            }

            if (!HasTensors(current)) throw new CheckpointException(reader.Path, $"key '{nestedKey}'", $"holds no tensors; its keys are {Names(current)}");
        }

        var tensors = new OrderedDictionary<string, StoredTensor>(StringComparer.Ordinal);
        foreach (var (key, value) in current)
            if (key is string name && value is StoredTensor tensor) tensors.Add(name, tensor);
        var strip = tensors.Keys.All(k => k.StartsWith(ParallelPrefix, StringComparison.Ordinal));
        if (strip)
        {
            var stripped = new OrderedDictionary<string, StoredTensor>(StringComparer.Ordinal);
            foreach (var (name, tensor) in tensors) stripped.Add(name[ParallelPrefix.Length..], tensor);
            tensors = stripped;
        }

        return new StateDictChoice(string.Join('.', path), strip, tensors);
    }

    private static (string Key, PickleDictionary Value)? Next(PickleDictionary from)
    {
        foreach (var key in Order)
            if (from.Get<PickleDictionary>(key) is { Count: > 0 } known) return (key, known);
        var others = from.Where(e => e is { Key: string, Value: PickleDictionary dictionary } && HasTensors(dictionary)).Take(2).ToList();
        return others.Count == 1 ? ((string)others[0].Key, (PickleDictionary)others[0].Value!) : null;
    }

    private static bool HasTensors(PickleDictionary dictionary) => dictionary.Any(e => e is { Key: string, Value: StoredTensor });

    private static string Names(PickleDictionary dictionary) =>
        dictionary.Count == 0 ? "none" : string.Join(", ", dictionary.Keys.Take(8).Select(k => $"'{k}'")) + (dictionary.Count > 8 ? ", …" : "");
}
