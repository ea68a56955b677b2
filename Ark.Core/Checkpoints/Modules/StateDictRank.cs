namespace Ark;

/// <summary>Which of several state dicts is the one to use, as far as the keys above them tell.</summary>
internal static class StateDictRank
{
    /// <summary>The rank of a key that says nothing.</summary>
    public const int Unknown = 100;

    private const int Student = 50;

    private static readonly string[] Plain =
        ["state_dict", "model", "model_state_dict", "model_state", "net", "network", "weights", "params", "module"];

    private static readonly char[] Separators = ['_', '-', '.', ' '];

    /// <summary>
    /// The lower, the better. The teacher comes first: it is what Ark releases and reuses. Moving averages come before what they are
    /// averages of, as in timm.
    /// </summary>
    public static int Of(string key)
    {
        if (key == "teacher") return 0;
        // In a federated checkpoint that is what all sites share, and no site's teacher.
        if (key == "master") return 1;
        var words = key.Split(Separators);
        if (words.Contains("teacher", StringComparer.OrdinalIgnoreCase)) return 2;
        if (IsAverage(key)) return 3;
        if (Array.IndexOf(Plain, key) is >= 0 and var place) return 4 + place;
        return words.Contains("student", StringComparer.OrdinalIgnoreCase) ? Student : Unknown;
    }

    /// <summary>Whether a key says that it holds moving averages.</summary>
    public static bool IsAverage(string key) => key.Split(Separators)
        .Any(w => w.ToUpperInvariant() is "EMA" or "SWA" or "AVERAGE" or "AVERAGED" or "SHADOW");

    /// <summary>Compares two paths of keys.</summary>
    public static int Compare(IReadOnlyList<string> one, IReadOnlyList<string> other)
    {
        for (var i = 0; i < Math.Min(one.Count, other.Count); i++)
            if (Of(one[i]).CompareTo(Of(other[i])) is not 0 and var order) return order;
        return one.Count.CompareTo(other.Count);
    }
}
