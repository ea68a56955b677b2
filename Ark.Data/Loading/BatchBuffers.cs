namespace Ark.Data;

/// <summary>The arrays of one full batch.</summary>
/// <param name="Images">The views of every sample.</param>
/// <param name="Targets">The targets of every sample.</param>
internal sealed record BatchBuffers(float[] Images, float[] Targets);
