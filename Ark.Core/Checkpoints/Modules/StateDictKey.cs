namespace Ark;

/// <summary>Finds the state dicts among the values of a file.</summary>
internal static class StateDictKey
{
    private const int MaxDepth = 6;
    private const int MaxDictionaries = 10_000;

    // Beside the weights of a network a tensor or two lie often: a loss, a state of a generator.
    private const int Stray = 4;

    /// <summary>Where the state dict is that is chosen where none is named, whatever it is of; nothing where there is none.</summary>
    public static (string Key, PickleDictionary Value)? TryChoose(object? root) =>
        PickleDictionary.Of(root) is { } top && new StateDictPlace([], top) is var start && MostLikely(Places(start), start) is { } found
            ? (found.Key, found.Value)
            : null;

    /// <summary>The dictionary under a key, dots leading further down.</summary>
    /// <exception cref="CheckpointException">There is none.</exception>
    public static StateDictPlace Follow(string path, PickleDictionary root, string nestedKey)
    {
        var place = new StateDictPlace([], root);
        var left = nestedKey;
        while (left.Length > 0)
        {
            // A key may have dots itself: the longest that is there is meant.
            var key = left;
            while (Child(place.Value, key) is null && key.LastIndexOf('.') is >= 0 and var dot) key = key[..dot];
            var next = Child(place.Value, key) ?? throw new CheckpointException(
                path, $"key '{string.Join('.', place.Path.Append(key))}'",
                $"is missing or no dictionary; the keys there are {Names(place.Value)}", "Choose one of these, or leave the key out.");
            place = new StateDictPlace([.. place.Path, key], next);
            left = left[key.Length..].TrimStart('.');
        }

        return place;
    }

    /// <summary>Every dictionary of tensors from a place on, the best by its keys first.</summary>
    public static IReadOnlyList<StateDictPlace> Places(StateDictPlace start)
    {
        var found = new List<StateDictPlace>();
        var seen = new HashSet<PickleDictionary>(ReferenceEqualityComparer.Instance) { start.Value };
        var waiting = new Queue<StateDictPlace>([start]);
        while (waiting.TryDequeue(out var place))
        {
            if (CountOf(place) > 0) found.Add(place);
            if (place.Path.Count - start.Path.Count == MaxDepth) continue;
            foreach (var (key, value) in place.Value)
            {
                if (seen.Count < MaxDictionaries && key is string name && PickleDictionary.Of(value) is { } child && seen.Add(child))
                    waiting.Enqueue(new StateDictPlace([.. place.Path, name], child));
            }
        }

        // A stable order: of equals, the file's.
        return [.. found.Order(Comparer<StateDictPlace>.Create((a, b) => StateDictRank.Compare(a.Path, b.Path)))];
    }

    /// <summary>How good the keys are that lead from a start to a place; the first decides.</summary>
    public static int RankOf(StateDictPlace place, StateDictPlace start) =>
        place.Path.Count == start.Path.Count ? 0 : place.Path.Skip(start.Path.Count).Min(StateDictRank.Of);

    /// <summary>The state dict among several dictionaries of tensors; <see langword="null"/> where nothing tells it.</summary>
    public static StateDictPlace? MostLikely(IReadOnlyList<StateDictPlace> places, StateDictPlace start)
    {
        var (known, unknown) = (new List<StateDictPlace>(), new List<StateDictPlace>());
        foreach (var place in places.Where(p => p.Path.Count > start.Path.Count))
            (RankOf(place, start) < StateDictRank.Unknown ? known : unknown).Add(place);
        var pool = places.Where(p => p.Path.Count == start.Path.Count).Concat(known.Count > 0 ? known : unknown).ToList();
        if (pool.Count == 0) return null;
        var most = pool.Max(CountOf);
        var likely = pool.Where(p => (long)CountOf(p) * Stray > most).ToList();
        return likely.Count > 1 && RankOf(likely[0], start) == StateDictRank.Unknown ? null : likely[0];
    }

    /// <summary>The first keys of a dictionary, for messages.</summary>
    public static string Names(PickleDictionary dictionary) =>
        dictionary.Count == 0
            ? "none"
            : string.Join(", ", dictionary.Keys.Take(8).Select(k => $"'{k}'")) + (dictionary.Count > 8 ? ", …" : "");

    private static PickleDictionary? Child(PickleDictionary dictionary, string key) =>
        dictionary.TryGetValue(key, out var value) ? PickleDictionary.Of(value) : null;

    private static int CountOf(StateDictPlace place) => place.Value.Count(e => e is { Key: string, Value: StoredTensor or TensorInfo });
}
