namespace Ark.Inference;

/// <summary>A prediction and the findings that were asked for by name.</summary>
internal sealed record RequestedPrediction(ImagePrediction Prediction, IReadOnlyList<FindingProbability> Findings);
