namespace Ark.Inference;

/// <summary>The head of a model that all datasets were trained through: its labels are those of all of them.</summary>
internal static class MergedHead
{
    /// <summary>The name of the one head that all datasets share.</summary>
    public const string Name = "merged";

    /// <summary>A label's name without what the datasets write differently: "No finding" is "No_Finding".</summary>
    public static string Folded(string label) => label.Replace('_', ' ').Replace(" ", "", StringComparison.Ordinal).ToUpperInvariant();
}
