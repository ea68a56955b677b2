namespace Ark.Data;

/// <summary>How often a label occurs in a split.</summary>
/// <param name="Name">The label.</param>
/// <param name="Positives">Images that have it (soft labels: more likely than not).</param>
/// <param name="Negatives">Images that lack it.</param>
/// <param name="Missing">Images of which it is not known.</param>
public sealed record LabelCount(string Name, int Positives, int Negatives, int Missing)
{
    /// <summary>
    /// The share of images that have it among those of which it is known; <see langword="null"/> where it is known of none.
    /// </summary>
    public double? Prevalence => Positives + Negatives > 0 ? (double)Positives / (Positives + Negatives) : null;
}
