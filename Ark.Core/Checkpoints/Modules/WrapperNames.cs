namespace Ark;

/// <summary>What training frameworks put into the names of a network's tensors.</summary>
internal static class WrapperNames
{
    private const string Parallel = "module.";

    // These are never the names of layers, so they may go wherever they stand.
    private static readonly string[] Wrappers = ["_orig_mod.", "_fsdp_wrapped_module.", "_checkpoint_wrapped_module."];

    // What people call the network within another one.
    private static readonly HashSet<string> Words = new(StringComparer.Ordinal)
    {
        "module", "model", "net", "network", "encoder", "backbone", "teacher", "student", "ema", "ema_model", "model_ema",
        "_forward_module",
    };

    /// <summary>A name without the marks of compilation and sharding.</summary>
    public static string Unwrapped(string name)
    {
        foreach (var wrapper in Wrappers)
        {
            if (!name.Contains(wrapper, StringComparison.Ordinal)) continue;
            var parts = name.Split('.');
            return string.Join('.', parts.Where(p => !Wrappers.Contains(p + '.')));
        }

        return name;
    }

    /// <summary>The first such mark in a name that has one.</summary>
    public static string FirstOf(string name) => Wrappers.First(w => name.Contains(w, StringComparison.Ordinal));

    /// <summary>The <c>module.</c>, once or more often, that all names begin with; parallel training puts it there.</summary>
    public static string SharedPrefix(IReadOnlyCollection<string> names)
    {
        var prefix = "";
        while (names.Count > 0 && prefix.Length < 8 * Parallel.Length
            && names.All(n => n.AsSpan(prefix.Length).StartsWith(Parallel, StringComparison.Ordinal))) prefix += Parallel;
        return prefix;
    }

    /// <summary>Whether a prefix consists of words that frameworks put there.</summary>
    public static bool IsUsual(string prefix) => prefix.Split('.', StringSplitOptions.RemoveEmptyEntries).All(Words.Contains);
}
