namespace Ark.Models;

/// <summary>The shape of an <see cref="ArkModel"/>.</summary>
public sealed record ArkModelConfiguration
{
    /// <summary>The Swin Transformer.</summary>
    public required SwinConfiguration Backbone { get; init; }

    /// <summary>What stands between pooled features and heads.</summary>
    /// <value>Default: <see cref="ProjectorKind.Mlp"/>, as in the released models.</value>
    public ProjectorKind Projector { get; init; } = ProjectorKind.Mlp;

    /// <summary>Outputs of the projector; without one it has no meaning.</summary>
    /// <value>Default: 1376, as in the released models.</value>
    public int ProjectorFeatures { get; init; } = 1376;

    /// <summary>The heads, one for each dataset; at least one.</summary>
    public required IReadOnlyList<ArkHead> Heads { get; init; }

    /// <summary>How pixels are normalized before they come in.</summary>
    /// <value>Default: <see cref="Normalization.ImageNet"/>, as in the released models.</value>
    public Normalization Normalization { get; init; }

    /// <summary>Whether it is a backbone that is wanted for its features, and may have no head.</summary>
    internal bool IsBackbone { get; init; }

    /// <summary>Channels of the features that the heads take.</summary>
    internal int FeatureCount => Projector == ProjectorKind.None ? Backbone.NumFeatures : ProjectorFeatures;

    /// <summary>
    /// Tells what model a weight file holds, from its index alone: by what the file says of itself where <c>ark pretrain</c> or <c>ark
    /// convert</c> wrote it, else from names and sizes, and the heads from the released model that has the same shape.
    /// </summary>
    /// <param name="index">The file's index.</param>
    /// <param name="nestedKey">Where in the file the state dict is; <see langword="null"/> chooses as
    /// <see cref="CheckpointFile.LoadStateDict"/> does.</param>
    /// <returns>The model's shape; without heads where the file holds a plain Swin Transformer, <see langword="null"/> where it holds
    /// none.</returns>
    public static ArkModelConfiguration? Recognize(CheckpointIndex index, string? nestedKey = null)
    {
        ArgumentNullException.ThrowIfNull(index);
        if (RecognizeWeights(index, nestedKey) is not { } recognized) return null;
        return StoredDescription.Read(index.Path, index.Root, index.Metadata, recognized) ?? recognized.ToConfiguration();
    }

    /// <summary>As <see cref="Recognize(CheckpointIndex, string?)"/>, of a file whose image size the caller knows.</summary>
    /// <exception cref="ArkInputException">The file tells another size, or the windows do not tile that one.</exception>
    internal static ArkModelConfiguration? Recognize(CheckpointIndex index, string? nestedKey, int imageSize)
    {
        if (RecognizeWeights(index, nestedKey) is not { } recognized) return null;
        var sized = recognized.ToConfiguration(index.Path, imageSize);
        return StoredDescription.Read(index.Path, index.Root, index.Metadata, recognized) is { } described
            ? sized with { Heads = described.Heads, Normalization = described.Normalization }
            : sized;
    }

    /// <summary>What names and sizes tell.</summary>
    internal static RecognizedWeights? RecognizeWeights(CheckpointIndex index, string? nestedKey) =>
        Shapes(index, nestedKey) is { } shapes ? WeightRecognition.Recognize(shapes) : null;

    /// <summary>What a file holds that is not recognised, as words that follow "holds"; <see langword="null"/> where nobody
    /// knows.</summary>
    internal static string? WhyNotRecognized(CheckpointIndex index, string? nestedKey) =>
        Shapes(index, nestedKey) is { } shapes ? WeightRecognition.WhyNot(shapes) : null;

    private static Dictionary<string, long[]>? Shapes(CheckpointIndex index, string? nestedKey) =>
        StateDictSelection<TensorInfo>.TryChoose(index.Path, index.Root, nestedKey, index.StripPrefix, SwinFinder.Instance)?.Shapes;

    internal void Validate()
    {
        if (Heads.Count == 0 && !IsBackbone)
            throw new ArkInputException($"model '{Backbone.Name}'", "heads", "has no head", "Give one head for each dataset.");
        if (Projector != ProjectorKind.None && ProjectorFeatures < 1)
        {
            throw new ArkInputException($"model '{Backbone.Name}'", "projector features", $"has {ProjectorFeatures} projector features",
                "Give at least 1, or no projector.");
        }
    }
}
