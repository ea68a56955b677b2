namespace Ark;

/// <summary>Finds in a file what fits a module by its own names, under prefixes that training frameworks put there.</summary>
/// <param name="names">The names of the module's state dict.</param>
internal sealed class ModuleNames(IEnumerable<string> names) : INetworkNames
{
    // A file may lack a weight; one that lacks most is of something else.
    private const int Anchors = 4;
    private readonly HashSet<string> _names = names.ToHashSet(StringComparer.Ordinal);

    /// <inheritdoc/>
    public IEnumerable<string> Prefixes(IEnumerable<string> names)
    {
        var anchors = _names.Take(Anchors).ToList();
        var found = names.SelectMany(n => anchors.Where(a => n == a || n.EndsWith("." + a, StringComparison.Ordinal))
            .Select(a => n[..^a.Length])).ToHashSet(StringComparer.Ordinal);
        if (found.Contains("")) return [""];
        var usual = found.Where(WrapperNames.IsUsual).ToList();
        // Among layers of one name nothing tells which is meant.
        return usual.Count == 1 ? usual : [];
    }

    /// <inheritdoc/>
    public bool Belongs(string prefix, string name) => false;

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, string[]> Parts(IReadOnlyCollection<string> names) => new Dictionary<string, string[]>();

    /// <inheritdoc/>
    public bool Recognizes(IReadOnlyDictionary<string, long[]> shapes) => 2 * _names.Count(shapes.ContainsKey) > _names.Count;
}
