namespace Ark.Inference;

/// <summary>The area of one structure.</summary>
/// <param name="Name">The structure.</param>
/// <param name="Pixels">Its pixels.</param>
/// <param name="Share">Its share of the image, 0 to 1.</param>
public sealed record StructureArea(string Name, int Pixels, double Share);
