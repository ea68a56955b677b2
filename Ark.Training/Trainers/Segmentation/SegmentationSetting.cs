namespace Ark.Training;

/// <summary>One segmentation option under the name that the command line and a catalogue's <c>training:</c> section use.</summary>
/// <param name="Name">The name, as in <c>--warmup-epochs</c> without the dashes.</param>
/// <param name="ValueName">What kind of value it takes, for help texts.</param>
/// <param name="Help">What it does, for help texts.</param>
/// <param name="TryApply">Sets the option from text; tells whether the text is a value of the right kind.</param>
/// <param name="Format">The option's value as text; <see langword="null"/> where it is not set.</param>
internal sealed record SegmentationSetting(string Name, string ValueName, string Help, Func<SegmentationOptions, string, bool> TryApply, Func<SegmentationOptions, string?> Format);
