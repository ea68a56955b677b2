namespace Ark.Inference;

/// <summary>What a model says of an image, head by head.</summary>
/// <param name="Image">The image's name.</param>
/// <param name="Heads">The heads in the model's order.</param>
public sealed record ImagePrediction(string Image, IReadOnlyList<HeadPrediction> Heads)
{
    /// <summary>The answers to <see cref="PredictionOptions.Findings"/>, in their order; empty where none were asked for.</summary>
    public IReadOnlyList<FindingProbability> Findings { get; init; } = [];

    /// <summary>
    /// Why the image could not be read; it then has no heads. <see langword="null"/> for every image that could. Only an
    /// <see cref="ImagePredictor"/> that skips bad images says it; everything else throws.
    /// </summary>
    public string? Problem { get; init; }

    /// <summary>One probability.</summary>
    /// <param name="head">The head's name.</param>
    /// <param name="label">The label's name.</param>
    /// <returns>The probability, or <see langword="null"/> where the model has no such head or label.</returns>
    public double? Probability(string head, string label) =>
        Heads.FirstOrDefault(h => h.Name == head)?.Labels.FirstOrDefault(l => l.Name == label)?.Probability;

    /// <summary>
    /// One answer for a finding from every head that was trained on it. Labels are matched by the table of names in docs/reuse.md.
    /// </summary>
    /// <param name="name">The finding, under any of its names.</param>
    /// <param name="combination">How several heads become one answer.</param>
    /// <returns>The answer, or <see langword="null"/> where no head was trained on the finding.</returns>
    public FindingProbability? Finding(string name, HeadCombination combination = HeadCombination.Mean)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        var answers = Heads.SelectMany(h => h.Labels
            .Where(l => FindingNames.AreSame(l.Name, name))
            .Select(l => (Source: $"{h.Name}/{l.Name}", l.Probability))).ToList();
        return answers.Count == 0
            ? null
            : new FindingProbability(
                name, FindingReader.Combine(combination, answers.Select(a => a.Probability)), [.. answers.Select(a => a.Source)]);
    }
}
