namespace Ark.Training;

/// <summary>A training image, and which dataset of the run it is of.</summary>
/// <param name="Dataset">The dataset's number in the run.</param>
/// <param name="Sample">The image, with one target for each label of that dataset.</param>
internal readonly record struct StepSample(int Dataset, ImageSample Sample);
