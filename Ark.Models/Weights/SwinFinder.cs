namespace Ark.Models;

/// <summary>Finds Swin Transformers, with or without Ark's projector and heads, among the tensors of a file.</summary>
internal sealed class SwinFinder : INetworkNames
{
    // The first weight of every one, under the names of those who publish them.
    private static readonly string[] First = ["patch_embed.proj.weight", HuggingFaceNames.First];

    private SwinFinder()
    {
    }

    /// <summary>The one there is.</summary>
    public static SwinFinder Instance { get; } = new();

    /// <inheritdoc/>
    public IEnumerable<string> Prefixes(IEnumerable<string> names) =>
        from name in names
        from first in First
        where name.EndsWith(first, StringComparison.Ordinal) && (name.Length == first.Length || name[^(first.Length + 1)] == '.')
        select name[..^first.Length];

    /// <inheritdoc/>
    public bool Belongs(string prefix, string name) => SwinNames.IsArks(name) || HuggingFaceNames.IsClassifier(prefix, name);

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, string[]> Parts(IReadOnlyCollection<string> names) => HuggingFaceNames.Parts(names);

    /// <inheritdoc/>
    public bool Recognizes(IReadOnlyDictionary<string, long[]> shapes) => WeightRecognition.Recognize(shapes) is not null;
}
