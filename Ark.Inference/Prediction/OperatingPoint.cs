namespace Ark.Inference;

/// <summary>A threshold that keeps a promise on the images that it was chosen on.</summary>
/// <param name="Kind">What was promised: <c>sensitivity</c> or <c>specificity</c>.</param>
/// <param name="Target">How much of it, 0 to 1.</param>
/// <param name="Threshold">An image is positive at this probability (calibrated) and above.</param>
/// <param name="Sensitivity">The share of positive images found, on the images that the threshold was chosen on.</param>
/// <param name="Specificity">The share of negative images left alone, on the images that the threshold was chosen on.</param>
public sealed record OperatingPoint(string Kind, double Target, double Threshold, double Sensitivity, double Specificity);
