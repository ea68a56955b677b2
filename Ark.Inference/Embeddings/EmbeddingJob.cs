using System.Security.Cryptography;
using System.Text;

namespace Ark.Inference;

/// <summary>What an extraction is of: two of the same job give the same rows, so that one may go on with the other's.</summary>
/// <param name="Checkpoint">The weight file.</param>
/// <param name="CheckpointBytes">Its size.</param>
/// <param name="CheckpointTime">When it was last written, in UTC ticks.</param>
/// <param name="Weights">Which network.</param>
/// <param name="Kind">Which features.</param>
/// <param name="Shape">The shape of one image's embedding.</param>
/// <param name="Images">How many images.</param>
/// <param name="ImagesHash">SHA-256 of their names and of where they lie.</param>
/// <param name="Precision">The arithmetic.</param>
/// <param name="Source">Which state dict of the file was asked for, under which names; <see langword="null"/> for what is
/// recognized.</param>
internal sealed record EmbeddingJob(
    string Checkpoint, long CheckpointBytes, long CheckpointTime, string Weights, string Kind, string Shape, int Images, string ImagesHash,
    string Precision, string? Source = null)
{
    public static EmbeddingJob Of(LoadedModel model, IReadOnlyList<NamedImage> images, ExtractionOptions options, IReadOnlyList<int> shape)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        // Folders may have files of the same names.
        foreach (var image in images)
            hash.AppendData(Encoding.UTF8.GetBytes(
                $"{image.Name}\n{(image.Image is ImageFile ? Path.GetFullPath(image.Image.Name) : image.Image.Name)}\n"));
        var (length, written) = model.FileStamp;
        return new EmbeddingJob(Path.GetFullPath(model.Checkpoint), length, written.Ticks, model.Weights
            .ToString()
            .ToLowerInvariant(), options.Kind.ToString().ToLowerInvariant(),
            string.Join('x', shape), images.Count, Convert.ToHexStringLower(hash.GetHashAndReset()),
            (options.Precision ?? model.Precision).ToString().ToLowerInvariant(), model.Source);
    }

    /// <summary>What the finished file says of itself.</summary>
    public IReadOnlyDictionary<string, string> Describe() => new Dictionary<string, string>(StringComparer.Ordinal)
    {
        ["ark.kind"] = Kind,
        ["ark.checkpoint"] = Checkpoint,
        ["ark.weights"] = Weights,
    };
}
