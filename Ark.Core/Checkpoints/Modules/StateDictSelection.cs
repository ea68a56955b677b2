namespace Ark;

/// <summary>
/// The state dict that was found among the values of a file, and what else it might have been. Found by what is recognised where a family
/// of networks is asked for, else by keys and numbers of tensors.
/// </summary>
/// <typeparam name="T">What stands for a tensor: <see cref="StoredTensor"/> or <see cref="TensorInfo"/>.</typeparam>
/// <param name="NestedKey">Where it was; empty for the top level.</param>
/// <param name="Prefix">What was taken off its names; empty for nothing.</param>
/// <param name="Tensors">Its tensors by the names that are left, in the order of the file.</param>
internal sealed record StateDictSelection<T>(string NestedKey, string Prefix, OrderedDictionary<string, T> Tensors)
    where T : class
{
    // Of a hostile file no more is looked through.
    private const int MaxPrefixes = 8;

    /// <summary>Tensors of the same dictionary that lie beside the prefix, by the file's names.</summary>
    public IReadOnlyDictionary<string, T> LeftOut { get; private init; } = new Dictionary<string, T>(StringComparer.Ordinal);

    /// <summary>Where in the file another such network is.</summary>
    public IReadOnlyList<string> OtherKeys { get; private init; } = [];

    /// <summary>Under which prefixes of the same dictionary another such network is.</summary>
    public IReadOnlyList<string> OtherPrefixes { get; private init; } = [];

    /// <summary>What a user should know of the choice, as a sentence without a full stop; <see langword="null"/> for nothing.</summary>
    public string? Remark
    {
        get
        {
            var parts = new List<string>();
            if (KeyRemark is { } key) parts.Add(key);
            if (Prefix.Length > 0)
            {
                var others = OtherPrefixes.Count == 0 ? "" : $"; others have {List(OtherPrefixes)}";
                parts.Add($"'{Prefix}' is taken off the names{others}");
            }

            if (LeftOut.Count > 0)
                parts.Add($"{LeftOut.Count} tensors beside the network are left out, such as '{LeftOut.Keys.First()}'");
            return parts.Count == 0 ? null : string.Join("; ", parts);
        }
    }

    /// <summary>What of it is about the key.</summary>
    public string? KeyRemark
    {
        get
        {
            if (OtherKeys.Count == 0) return null;
            var average = NestedKey.Split('.').Any(StateDictRank.IsAverage) ? ", the moving average" : "";
            return $"the weights under '{NestedKey}' are taken{average}; others are under {List(OtherKeys)}";
        }
    }

    /// <summary>The sizes of the tensors.</summary>
    public Dictionary<string, long[]> Shapes => ShapesOf(Tensors);

    /// <summary>Chooses.</summary>
    /// <param name="path">The file, for messages.</param>
    /// <param name="root">Its value.</param>
    /// <param name="nestedKey">The key, dots leading further down; <see langword="null"/> to choose.</param>
    /// <param name="stripPrefix">What to take off the names; <see langword="null"/> to find out, empty for nothing.</param>
    /// <param name="networks">The networks that are looked for; <see langword="null"/> where any state dict is meant.</param>
    /// <exception cref="CheckpointException">There is none, or several that are equal.</exception>
    public static StateDictSelection<T> Choose(
        string path, object? root, string? nestedKey, string? stripPrefix, INetworkNames? networks) =>
        Choose(path, root, nestedKey, stripPrefix, networks, mustBe: true)!;

    /// <summary>As <see cref="Choose(string, object?, string?, string?, INetworkNames?)"/>, but nothing where there is none.</summary>
    public static StateDictSelection<T>? TryChoose(
        string path, object? root, string? nestedKey, string? stripPrefix, INetworkNames? networks) =>
        Choose(path, root, nestedKey, stripPrefix, networks, mustBe: nestedKey is not null);

    private static StateDictSelection<T>? Choose(
        string path, object? root, string? nestedKey, string? stripPrefix, INetworkNames? networks, bool mustBe)
    {
        if (PickleDictionary.Of(root) is not { } top)
        {
            return mustBe
                ? throw new CheckpointException(path, null, $"holds no state dict: its value is a {PickleReader.Describe(root)}")
                : null;
        }

        var start = nestedKey is null ? new StateDictPlace([], top) : StateDictKey.Follow(path, top, nestedKey);
        var places = StateDictKey.Places(start);
        if (networks is not null && Recognized(path, places, start, stripPrefix, networks, mustBe) is { } network) return network;
        if (StateDictKey.MostLikely(places, start) is { } likely)
        {
            var names = NamesOf(likely.Value);
            return stripPrefix is not null && !mustBe && !HasPrefix(names.Keys, stripPrefix)
                ? null
                : Cut(path, likely, names, stripPrefix ?? WrapperNames.SharedPrefix(names.Keys), networks: null);
        }

        if (!mustBe) return null;
        throw nestedKey is null
            ? new CheckpointException(
                path, null, $"holds no state dict that is to be preferred; its keys are {StateDictKey.Names(top)}",
                "Name the key of the state dict ('NestedKey').")
            : new CheckpointException(
                path, $"key '{nestedKey}'", $"holds no tensors; its keys are {StateDictKey.Names(start.Value)}");
    }

    /// <summary>The network to prefer of those that are recognised; <see langword="null"/> where none is.</summary>
    private static StateDictSelection<T>? Recognized(
        string path, IReadOnlyList<StateDictPlace> places, StateDictPlace start, string? stripPrefix, INetworkNames networks,
        bool mustBe)
    {
        StateDictSelection<T>? best = null;
        var (rank, others) = (0, new List<string>());
        foreach (var place in places)
        {
            if (Recognized(path, place, stripPrefix, networks) is not { } found) continue;
            if (best is null) (best, rank) = (WithNeighbors(found, place, places, networks), StateDictKey.RankOf(place, start));
            else if (rank == StateDictRank.Unknown && StateDictKey.RankOf(place, start) == rank)
            {
                if (!mustBe) return null;
                throw new CheckpointException(path, null, $"holds several networks, under '{best.NestedKey}' and '{place.Key}', and "
                    + "nothing tells which is meant", "Name the key of one of them ('NestedKey').");
            }
            else others.Add(place.Key);
            // A network at the top is what the file is of.
            if (place.Path.Count == start.Path.Count) break;
        }

        // Whoever trains a student and a teacher means the teacher.
        return best is null || rank == 0 ? best : best with { OtherKeys = others };
    }

    private static StateDictSelection<T>? Recognized(string path, StateDictPlace place, string? stripPrefix, INetworkNames networks)
    {
        var names = NamesOf(place.Value);
        if (stripPrefix is not null)
            return HasPrefix(names.Keys, stripPrefix) ? Recognized(path, place, names, stripPrefix, networks) : null;
        StateDictSelection<T>? best = null;
        var others = new List<string>();
        foreach (var prefix in networks.Prefixes(names.Keys)
            .Distinct(StringComparer.Ordinal)
            .Take(MaxPrefixes)
            .OrderBy(p => p.Length == 0 ? -1 : p.Split('.').Min(StateDictRank.Of)))
        {
            if (Recognized(path, place, names, prefix, networks) is not { } cut) continue;
            if (best is null) best = cut;
            else others.Add(prefix);
        }

        return best is null ? null : best with { OtherPrefixes = others };
    }

    private static StateDictSelection<T>? Recognized(
        string path, StateDictPlace place, OrderedDictionary<string, (string Original, T Tensor)> names, string prefix,
        INetworkNames networks)
    {
        // What lies beside may have the right name and be of something else.
        var cut = Cut(path, place, names, prefix, networks, withBeside: false);
        if (!networks.Recognizes(cut.Shapes)) return null;
        var whole = Cut(path, place, names, prefix, networks);
        return whole.Tensors.Count == cut.Tensors.Count || networks.Recognizes(whole.Shapes) ? whole : cut;
    }

    /// <summary>With what belongs to the network but was put under a key beside it.</summary>
    private static StateDictSelection<T> WithNeighbors(
        StateDictSelection<T> network, StateDictPlace place, IReadOnlyList<StateDictPlace> places, INetworkNames networks)
    {
        if (place.Path.Count == 0 || network.Tensors.Keys.Any(n => networks.Belongs("", n))) return network;
        var all = new OrderedDictionary<string, T>(network.Tensors, StringComparer.Ordinal);
        var above = place.Path.SkipLast(1).ToList();
        foreach (var beside in places.Where(p => p.Path.Count == place.Path.Count && p.Path.SkipLast(1).SequenceEqual(above)))
        {
            var names = NamesOf(beside.Value);
            if (networks.Prefixes(names.Keys).Any()) continue;
            foreach (var (name, (_, tensor)) in names.Where(n => networks.Belongs("", n.Key))) all.TryAdd(name, tensor);
        }

        return all.Count > network.Tensors.Count && networks.Recognizes(ShapesOf(all)) ? network with { Tensors = all } : network;
    }

    /// <summary>The tensors whose names begin with a prefix, without it, and those that belong to them.</summary>
    private static StateDictSelection<T> Cut(
        string path, StateDictPlace place, OrderedDictionary<string, (string Original, T Tensor)> names, string prefix,
        INetworkNames? networks, bool withBeside = true)
    {
        prefix = Completed(names.Keys, prefix);
        var tensors = new OrderedDictionary<string, T>(StringComparer.Ordinal);
        var beside = new List<KeyValuePair<string, T>>();
        var written = "";
        foreach (var (name, (original, tensor)) in names)
        {
            if (name.Length <= prefix.Length || !name.StartsWith(prefix, StringComparison.Ordinal))
            {
                beside.Add(new(name, tensor));
                continue;
            }

            var left = name[prefix.Length..];
            tensors.Add(left, tensor);
            if (written.Length > 0 || original == left) continue;
            // As the file writes it, with what compilation put in.
            written = original.EndsWith(left, StringComparison.Ordinal) ? original[..^left.Length]
                : prefix.Length > 0 ? prefix
                : WrapperNames.FirstOf(original);
        }

        if (tensors.Count == 0)
        {
            throw new CheckpointException(path, place.Key.Length == 0 ? null : $"key '{place.Key}'",
                $"has no name that begins with '{prefix}'; its names begin with {string.Join(", ", names.Keys.Take(3))}",
                "Give another prefix ('StripPrefix'), or none.");
        }

        var leftOut = new OrderedDictionary<string, T>(StringComparer.Ordinal);
        foreach (var (name, tensor) in beside)
        {
            if (!withBeside || networks is null || Belonging(prefix, name, networks) is not { } own || !tensors.TryAdd(own, tensor))
                leftOut.Add(name, tensor);
        }

        return new StateDictSelection<T>(place.Key, written, networks is null ? tensors : Joined(path, tensors, networks))
        {
            LeftOut = leftOut,
        };
    }

    /// <summary>The name of a tensor beside the prefix as part of the network, which may lie under the beginning of it.</summary>
    private static string? Belonging(string prefix, string name, INetworkNames networks)
    {
        for (var end = prefix.Length - 1; end >= 0; end--)
        {
            if (end > 0 && prefix[end - 1] != '.') continue;
            if (name.AsSpan().StartsWith(prefix.AsSpan(0, end), StringComparison.Ordinal) && networks.Belongs(prefix, name[end..]))
                return name[end..];
        }

        return null;
    }

    private static OrderedDictionary<string, T> Joined(string path, OrderedDictionary<string, T> tensors, INetworkNames networks)
    {
        var wholes = networks.Parts(tensors.Keys);
        if (wholes.Count == 0) return tensors;
        var firsts = wholes.ToDictionary(w => w.Value[0], w => w.Key, StringComparer.Ordinal);
        var parts = wholes.Values.SelectMany(p => p).ToHashSet(StringComparer.Ordinal);
        var result = new OrderedDictionary<string, T>(StringComparer.Ordinal);
        foreach (var (name, tensor) in tensors)
        {
            if (firsts.TryGetValue(name, out var whole))
                result.Add(whole, TensorParts.Join<T>(path, whole, [.. wholes[whole].Select(p => tensors[p])]));
            else if (!parts.Contains(name)) result.Add(name, tensor);
        }

        return result;
    }

    private static bool HasPrefix(IReadOnlyCollection<string> names, string prefix)
    {
        var completed = Completed(names, prefix);
        return names.Any(n => n.StartsWith(completed, StringComparison.Ordinal));
    }

    // People leave the dot out, and copy what compilation put in.
    private static string Completed(IReadOnlyCollection<string> names, string prefix)
    {
        if (prefix.Length == 0) return prefix;
        var dotted = WrapperNames.Unwrapped(prefix.EndsWith('.') ? prefix : prefix + '.');
        return prefix.EndsWith('.') || names.Any(n => n.StartsWith(dotted, StringComparison.Ordinal)) ? dotted : prefix;
    }

    private static OrderedDictionary<string, (string Original, T Tensor)> NamesOf(PickleDictionary dictionary)
    {
        var result = new OrderedDictionary<string, (string Original, T Tensor)>(StringComparer.Ordinal);
        var unwrap = true;
        foreach (var (key, value) in dictionary)
        {
            if (key is not string name || value is not T tensor || result.TryAdd(WrapperNames.Unwrapped(name), (name, tensor))) continue;
            unwrap = false;
            break;
        }

        if (unwrap) return result;
        // Two names would become one.
        result.Clear();
        foreach (var (key, value) in dictionary)
            if (key is string name && value is T tensor) result.Add(name, (name, tensor));
        return result;
    }

    private static Dictionary<string, long[]> ShapesOf(OrderedDictionary<string, T> tensors) =>
        tensors.ToDictionary(t => t.Key, t => TensorParts.ShapeOf(t.Value), StringComparer.Ordinal);

    private static string List(IReadOnlyList<string> texts) =>
        string.Join(", ", texts.Take(3).Select(t => $"'{t}'")) + (texts.Count > 3 ? ", …" : "");
}
