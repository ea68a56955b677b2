using Ark.Evaluation;
using static TorchSharp.torch;

namespace Ark.Training;

/// <summary>
/// The images of an optimiser step that go through the network together: all of them, or some where gradients are accumulated.
/// </summary>
/// <param name="StudentView"><c>[B, 3, H, W]</c>, augmented.</param>
/// <param name="TeacherView"><c>[B, 3, H, W]</c>, of the same images.</param>
/// <param name="Share">Which share of the step's images these are.</param>
/// <param name="Tasks">What is asked of them: one entry for each dataset that they come from.</param>
internal sealed record StepPart(Tensor StudentView, Tensor TeacherView, double Share, IReadOnlyList<TaskPart> Tasks);

/// <summary>The images of a part that come from one dataset.</summary>
/// <param name="Dataset">Which dataset.</param>
/// <param name="Targets"><c>[R, K]</c>; see <see cref="TaskLoss"/>.</param>
/// <param name="AnyMissing">Whether targets may be NaN.</param>
/// <param name="Share">The weight of their mean loss in the step's task loss.</param>
/// <param name="Rows"><c>[R]</c>: which images of the part; <see langword="null"/> for all.</param>
internal sealed record TaskPart(int Dataset, Tensor Targets, bool AnyMissing, double Share = 1, Tensor? Rows = null);
