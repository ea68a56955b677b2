namespace Ark.Inference;

/// <summary>What all heads that were trained on a finding say of it together.</summary>
/// <param name="Name">The finding as it was asked for.</param>
/// <param name="Probability">0 to 1.</param>
/// <param name="Sources">The heads that answered, as <c>head/label</c>.</param>
public sealed record FindingProbability(string Name, double Probability, IReadOnlyList<string> Sources);
