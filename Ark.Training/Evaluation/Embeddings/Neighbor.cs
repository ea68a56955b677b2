namespace Ark.Evaluation;

/// <summary>A row of a file of embeddings that is near to an image.</summary>
/// <param name="Name">The row's name.</param>
/// <param name="Similarity">The cosine of the angle between the embeddings, −1 to 1.</param>
internal sealed record Neighbor(string Name, double Similarity);
