namespace Ark;

/// <summary>Finds the state dict among the values of a file.</summary>
internal static class StateDictKey
{
    // The teacher is what Ark releases and reuses, so it comes first; in a federated checkpoint that is the master, not a site's teacher.
    private static readonly string[] Order = ["teacher", "master", "state_dict", "model", "student"];

    /// <summary>The dictionary under a key, or the one that is chosen where none is named.</summary>
    /// <param name="path">The file, for messages.</param>
    /// <param name="root">Its value.</param>
    /// <param name="nestedKey">The key, dots leading further down; <see langword="null"/> to choose.</param>
    /// <returns>Where it is (empty for the top level), and what is there.</returns>
    /// <exception cref="CheckpointException">There is none.</exception>
    public static (string Key, PickleDictionary Value) Find(string path, object? root, string? nestedKey)
    {
        if (root is not PickleDictionary current)
            throw new CheckpointException(path, null, $"holds no state dict: its value is a {PickleReader.Describe(root)}");
        return nestedKey is null ? Choose(path, current) : Follow(path, current, nestedKey);
    }

    /// <summary>As <see cref="Find"/> without a key, but nothing where there is no state dict.</summary>
    public static (string Key, PickleDictionary Value)? TryChoose(object? root)
    {
        var keys = new List<string>();
        var current = root as PickleDictionary;
        while (current is not null && !HasTensors(current))
        {
            if (Next(current) is not { } next) return null;
            keys.Add(next.Key);
            current = next.Value;
        }

        return current is null ? null : (string.Join('.', keys), current);
    }

    private static (string Key, PickleDictionary Value) Choose(string path, PickleDictionary root)
    {
        if (TryChoose(root) is { } found) return found;
        throw new CheckpointException(path, null, $"holds no state dict; its keys are {Names(root)}", "Name the key of the state dict.");
    }

    private static (string Key, PickleDictionary Value) Follow(string path, PickleDictionary current, string nestedKey)
    {
        var keys = new List<string>();
        foreach (var key in nestedKey.Split('.', StringSplitOptions.RemoveEmptyEntries))
        {
            keys.Add(key);
            current = current.Get<PickleDictionary>(key) ?? throw new CheckpointException(path, $"key '{string.Join('.', keys)}'",
                $"is missing or no dictionary; the keys there are {Names(current)}", "Choose one of these, or leave the key out.");
        }

        if (!HasTensors(current))
            throw new CheckpointException(path, $"key '{nestedKey}'", $"holds no tensors; its keys are {Names(current)}");
        return (string.Join('.', keys), current);
    }

    private static (string Key, PickleDictionary Value)? Next(PickleDictionary from)
    {
        foreach (var key in Order)
            if (from.Get<PickleDictionary>(key) is { Count: > 0 } known) return (key, known);
        var others = from.Where(e => e is { Key: string, Value: PickleDictionary dictionary } && HasTensors(dictionary)).Take(2).ToList();
        return others.Count == 1 ? ((string)others[0].Key, (PickleDictionary)others[0].Value!) : null;
    }

    private static bool HasTensors(PickleDictionary dictionary) =>
        dictionary.Any(e => e is { Key: string, Value: StoredTensor or TensorInfo });

    private static string Names(PickleDictionary dictionary) =>
        dictionary.Count == 0
            ? "none"
            : string.Join(", ", dictionary.Keys.Take(8).Select(k => $"'{k}'")) + (dictionary.Count > 8 ? ", …" : "");
}
