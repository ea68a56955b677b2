namespace Ark.Models;

/// <summary>
/// The names of the tensors of a Swin Transformer as the library transformers has them (<c>SwinModel</c>,
/// <c>SwinForImageClassification</c>): as in BERT, with queries, keys and values in tensors of their own.
/// </summary>
internal static class HuggingFaceNames
{
    /// <summary>The first weight.</summary>
    public const string First = "embeddings.patch_embeddings.projection.weight";

    private const string Stages = "encoder.layers.";
    private const string Attention = ".attention.self.";
    private const string Whole = Attention + "qkv.";

    private static readonly string[] Thirds = ["query.", "key.", "value."];

    // In this order: what is longer comes first.
    private static readonly (string Theirs, string Ours)[] InBlock =
    [
        (".layernorm_before.", ".norm1."),
        (".layernorm_after.", ".norm2."),
        (Attention, ".attn."),
        (".attention.output.dense.", ".attn.proj."),
        (".intermediate.dense.", ".mlp.fc1."),
        (".output.dense.", ".mlp.fc2."),
    ];

    private static readonly (string Theirs, string Ours)[] Outside =
    [
        ("embeddings.patch_embeddings.projection.", "patch_embed.proj."),
        ("embeddings.norm.", "patch_embed.norm."),
        ("embeddings.mask_token", "mask_token"),
        ("layernorm.", "norm."),
        ("classifier.", "head."),
    ];

    /// <summary>Whether a tensor beside the network is its classifier.</summary>
    public static bool IsClassifier(string prefix, string name) =>
        (prefix == "swin." || prefix.EndsWith(".swin.", StringComparison.Ordinal)) && name is "classifier.weight" or "classifier.bias";

    /// <summary>The queries, keys and values of every block, by the name of the tensor that we have in their place.</summary>
    public static Dictionary<string, string[]> Parts(IReadOnlyCollection<string> names)
    {
        var result = new Dictionary<string, string[]>(StringComparer.Ordinal);
        if (names as ICollection<string> is { } known ? !known.Contains(First) : !names.Contains(First)) return result;
        var all = names.ToHashSet(StringComparer.Ordinal);
        foreach (var name in names)
        {
            var at = name.IndexOf(Attention + Thirds[0], StringComparison.Ordinal);
            if (at < 0) continue;
            var (block, last) = (name[..at], name[(at + Attention.Length + Thirds[0].Length)..]);
            string[] parts = [.. Thirds.Select(t => block + Attention + t + last)];
            if (parts.All(all.Contains) && !all.Contains(block + Whole + last)) result.Add(block + Whole + last, parts);
        }

        return result;
    }

    /// <summary>Our name of a tensor; <see langword="null"/> where it is none of theirs.</summary>
    public static string? ToOurs(string name)
    {
        if (name == "embeddings.position_embeddings") return "absolute_pos_embed";
        foreach (var (theirs, ours) in Outside)
            if (name.StartsWith(theirs, StringComparison.Ordinal)) return ours + name[theirs.Length..];
        if (!name.StartsWith(Stages, StringComparison.Ordinal)) return null;
        var inStage = name["encoder.".Length..];
        foreach (var (theirs, ours) in InBlock)
            if (inStage.Contains(theirs, StringComparison.Ordinal)) return inStage.Replace(theirs, ours, StringComparison.Ordinal);
        return inStage;
    }
}
