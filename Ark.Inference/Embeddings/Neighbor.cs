namespace Ark.Inference;

/// <summary>A row of a file of embeddings that is near to an image.</summary>
/// <param name="Name">The row's name; <c>row N</c> where the file has no names.</param>
/// <param name="Similarity">The cosine of the angle between the embeddings, −1 to 1.</param>
public sealed record Neighbor(string Name, double Similarity);
