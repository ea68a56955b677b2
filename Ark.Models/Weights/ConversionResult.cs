namespace Ark.Models;

/// <summary>What a conversion wrote.</summary>
/// <param name="NestedKey">The key whose state dict was taken; empty for the top level.</param>
/// <param name="Tensors">How many tensors were written.</param>
/// <param name="Bytes">Bytes of their elements in the file that they came from.</param>
/// <param name="LeftOut">Names of the file that the new layout has no place for.</param>
/// <param name="LabelsLost">Whether the file named its heads and labels, and the new one cannot.</param>
/// <param name="Remark">What one should know of the choice of the weights; see <see cref="LoadReport.Remark"/>.</param>
public sealed record ConversionResult(
    string NestedKey, int Tensors, long Bytes, IReadOnlyList<string> LeftOut, bool LabelsLost, string? Remark = null);
