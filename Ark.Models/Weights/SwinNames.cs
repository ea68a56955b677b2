using System.Globalization;

namespace Ark.Models;

/// <summary>
/// The names under which Swin weights are published. Those of timm 0.5.4 are ours, and the Microsoft repository's and Ark's; later timm
/// (0.9 and newer) counts a patch merging to the stage that it leads to, and nests the classifier.
/// </summary>
internal static class SwinNames
{
    private const string Layers = "layers.";
    private const string Merging = ".downsample.";

    /// <summary>Our names by those of a file, where they differ.</summary>
    /// <param name="names">The file's names.</param>
    public static Dictionary<string, string> FromFile(IReadOnlyCollection<string> names)
    {
        var result = new Dictionary<string, string>(StringComparer.Ordinal);
        if (names.Contains(HuggingFaceNames.First))
        {
            foreach (var name in names)
                if (HuggingFaceNames.ToOurs(name) is { } ours) result.Add(name, ours);
            return result;
        }

        var moved = HasMovedMergings(names);
        // A detector norms what each stage gives. That of the last stage is the network's own norm.
        var last = names.Contains("norm.weight") ? null : names.Max(HarmlessNames.StageOfNorm);
        foreach (var name in names)
        {
            if (name.StartsWith("head.fc.", StringComparison.Ordinal)) result.Add(name, "head." + name["head.fc.".Length..]);
            else if (last is not null && HarmlessNames.StageOfNorm(name) == last)
                result.Add(name, "norm" + name["norm0".Length..]);
            else if (moved && MergingOf(name) is { } merging)
                result.Add(name, $"{Layers}{(merging.Stage - 1).ToString(CultureInfo.InvariantCulture)}{Merging}{merging.Tail}");
        }

        return result;
    }

    /// <summary>The name that later timm gives to a tensor of ours; <see langword="null"/> where it has none.</summary>
    public static string? ToLaterTimm(string name)
    {
        if (HarmlessNames.IsRecomputed(name) || IsArks(name)) return null;
        if (name.StartsWith("head.", StringComparison.Ordinal)) return "head.fc." + name["head.".Length..];
        return MergingOf(name) is { } merging
            ? $"{Layers}{(merging.Stage + 1).ToString(CultureInfo.InvariantCulture)}{Merging}{merging.Tail}"
            : name;
    }

    /// <summary>Whether only Ark's networks have a tensor of this name.</summary>
    public static bool IsArks(string name) =>
        name.StartsWith("projector.", StringComparison.Ordinal) || name.StartsWith("omni_heads.", StringComparison.Ordinal);

    /// <summary>Whether patch mergings are named as in later timm: then the first stage has none, which it always has otherwise.</summary>
    public static bool HasMovedMergings(IEnumerable<string> names)
    {
        var stages = names.Select(MergingOf).OfType<(int Stage, string Tail)>().Select(m => m.Stage).ToHashSet();
        return stages.Count > 0 && !stages.Contains(0);
    }

    private static (int Stage, string Tail)? MergingOf(string name)
    {
        if (!name.StartsWith(Layers, StringComparison.Ordinal)) return null;
        var dot = name.IndexOf('.', Layers.Length);
        if (dot < 0 || !name.AsSpan(dot).StartsWith(Merging, StringComparison.Ordinal)) return null;
        return int.TryParse(name.AsSpan(Layers.Length, dot - Layers.Length), NumberStyles.None, CultureInfo.InvariantCulture, out var stage)
            ? (stage, name[(dot + Merging.Length)..])
            : null;
    }
}
