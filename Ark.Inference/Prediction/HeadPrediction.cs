namespace Ark.Inference;

/// <summary>What one head says of an image.</summary>
/// <param name="Name">The dataset that the head was trained on.</param>
/// <param name="Labels">Every label in the order of the head's outputs.</param>
/// <param name="IsExclusive">Whether exactly one of the labels holds (softmax), or each by itself (sigmoid).</param>
public sealed record HeadPrediction(string Name, IReadOnlyList<LabelProbability> Labels, bool IsExclusive);
