namespace Ark.Inference;

/// <summary>What an extraction came to.</summary>
/// <param name="Path">The file of embeddings.</param>
/// <param name="Shape">The shape of one image's embedding.</param>
/// <param name="Images">Rows written.</param>
/// <param name="Resumed">Images that an earlier, interrupted extraction had done already.</param>
/// <param name="Bad">Images that could not be read, each with its reason, in the order of the input; they have no row.</param>
public sealed record ExtractionResult(
    string Path, IReadOnlyList<int> Shape, int Images, int Resumed, IReadOnlyList<KeyValuePair<string, string>> Bad);
