namespace Ark.Inference;

/// <summary>What a model says of an image, head by head.</summary>
/// <param name="Image">The image's name.</param>
/// <param name="Heads">The heads in the model's order.</param>
public sealed record ImagePrediction(string Image, IReadOnlyList<HeadPrediction> Heads)
{
    /// <summary>One probability.</summary>
    /// <param name="head">The head's name.</param>
    /// <param name="label">The label's name.</param>
    /// <returns>The probability, or <see langword="null"/> where the model has no such head or label.</returns>
    public double? Probability(string head, string label) =>
        Heads.FirstOrDefault(h => h.Name == head)?.Labels.FirstOrDefault(l => l.Name == label)?.Probability;
}
