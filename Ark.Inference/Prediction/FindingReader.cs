namespace Ark.Inference;

/// <summary>Answers for a finding by name from the heads that were trained on it, and for no other.</summary>
/// <param name="heads">The model's heads.</param>
/// <param name="combination">How several heads become one answer.</param>
internal sealed class FindingReader(IReadOnlyList<ModelHead> heads, HeadCombination combination)
{
    /// <summary>The places in a row of all heads' outputs that answer for a finding; empty where no head was trained on it.</summary>
    public IReadOnlyList<int> PlacesOf(string finding) =>
        [.. heads.SelectMany(h => Enumerable.Range(0, h.Labels.Count)
            .Where(k => FindingNames.AreSame(h.Labels.Names[k], finding))
            .Select(k => h.Offset + k))];

    /// <summary>The heads that answer for a finding, with the names that they know it by.</summary>
    public IReadOnlyList<string> SourcesOf(string finding) =>
        [.. heads.SelectMany(h => h.Labels.Names.Where(n => FindingNames.AreSame(n, finding)).Select(n => $"{h.Name}/{n}"))];

    /// <summary>The places of a finding that must be known.</summary>
    /// <exception cref="ArkInputException">No head was trained on it.</exception>
    public IReadOnlyList<int> RequirePlacesOf(string finding)
    {
        var places = PlacesOf(finding);
        if (places.Count > 0) return places;
        var known = heads
            .SelectMany(h => h.Labels.Names)
            .Select(FindingNames.Shown)
            .Distinct(StringComparer.OrdinalIgnoreCase)
            .Order(StringComparer.OrdinalIgnoreCase)
            .ToList();
        throw new ArkInputException(
            "checkpoint",
            $"finding '{finding}'",
            "no head of the model was trained on it",
            NameSuggestion.For(finding, known, "The heads know"));
    }

    /// <summary>One answer from the places of a finding.</summary>
    public double Combine(IReadOnlyList<int> places, double[] probabilities) => Combine(combination, places.Select(p => probabilities[p]));

    /// <summary>One answer from those of several heads.</summary>
    public static double Combine(HeadCombination combination, IEnumerable<double> answers) =>
        combination == HeadCombination.Max ? answers.Max() : answers.Average();
}
