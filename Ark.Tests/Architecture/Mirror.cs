namespace Ark.Tests.Architecture;

/// <summary>
/// Where tests lie: those of <c>X.cs</c> in a class <c>XTests</c> at the mirrored path, those that cross sources in a folder that says what
/// they are.
/// </summary>
internal static class Mirror
{
    /// <summary>What the folders of tests mirror.</summary>
    public static IReadOnlyDictionary<string, string> Sources { get; } = new Dictionary<string, string>(StringComparer.Ordinal)
    {
        ["Core"] = "Ark.Core",
        ["Models"] = "Ark.Models",
        ["Data"] = "Ark.Data",
        ["Inference"] = "Ark.Inference",
        ["Training"] = "Ark.Training",
        ["Phantom"] = "Ark.Phantom",
        ["Cli"] = "Ark.Cli",
        ["Service"] = "samples/Ark.Service",
        ["Samples/AccrualStudy"] = "samples/accrual-study",
        ["Samples/CustomAdapter"] = "samples/custom-adapter",
        ["Samples/ImageSharpDecoder"] = "samples/imagesharp-decoder",
    };

    /// <summary>The folders of tests that mirror nothing, and what they hold.</summary>
    public static IReadOnlyDictionary<string, string> Crossing { get; } = new Dictionary<string, string>(StringComparer.Ordinal)
    {
        ["Architecture"] = "the order of the sources",
        ["Documents"] = "the documents",
        ["EndToEnd"] = "whole runs, hosts, command lines and processes, and what becomes of them when the world around them fails",
        ["Hostile"] = "files from an attacker, and modules from a careless caller, at every door",
        ["Leaks"] = "tensors, memory and handles that are left behind",
        ["Recorded"] = "what the original and its libraries computed, through several types at once",
    };

    /// <summary>The source that the tests at a path are of, relative to the repository.</summary>
    /// <returns><see langword="null"/> where they mirror nothing.</returns>
    public static string? SourceOf(string path) =>
        Sources.Where(s => path.StartsWith(s.Key + '/', StringComparison.Ordinal))
            .Select(s => s.Value + path[s.Key.Length..^"Tests.cs".Length] + ".cs")
            .SingleOrDefault();

    /// <summary>What is wrong with the place of a class of tests, relative to the folder of tests.</summary>
    /// <returns><see langword="null"/> where nothing is.</returns>
    public static string? Fault(string path, Func<string, bool> exists)
    {
        if (!path.EndsWith("Tests.cs", StringComparison.Ordinal)) return $"{path} has tests, but its name does not end in Tests";
        if (SourceOf(path) is { } source) return exists(source) ? null : $"{path} has no source {source}";
        return path.Split('/') is [var folder, _] && Crossing.ContainsKey(folder) ? null : $"{path} lies in no folder of tests";
    }
}
