using Ark.Models;

namespace Ark.Inference;

/// <summary>What a checkpoint must say beside its tensors, so that a model can be built of it and its heads be named.</summary>
public sealed record ModelDescription
{
    /// <summary>The backbone's name.</summary>
    public required string Architecture { get; init; }

    /// <summary>Side of the square input, in pixels.</summary>
    public required int ImageSize { get; init; }

    /// <summary>Whether the projector is an MLP or one linear layer.</summary>
    public required bool UseMlpProjector { get; init; }

    /// <summary>Width of the projected features; 0 for no projector.</summary>
    public required int ProjectorFeatures { get; init; }

    /// <summary>How pixels are normalized.</summary>
    public required Normalization Normalization { get; init; }

    /// <summary>The heads in order, one for each dataset.</summary>
    public required IReadOnlyList<ArkHead> Heads { get; init; }

    internal bool IsSameAs(ModelDescription other) =>
        (Architecture, ImageSize, UseMlpProjector, ProjectorFeatures, Normalization) == (
            other.Architecture, other.ImageSize, other.UseMlpProjector, other.ProjectorFeatures, other.Normalization)
        && Heads.SequenceEqual(other.Heads);

    /// <summary>The shape of the network.</summary>
    internal ArkModelConfiguration Configuration(double dropPathRate = 0) => new()
    {
        Backbone = SwinVariants.Get(Architecture).WithImageSize(ImageSize, ImageSize) with { DropPathRate = dropPathRate },
        Projector = ProjectorFeatures == 0 ? ProjectorKind.None : UseMlpProjector ? ProjectorKind.Mlp : ProjectorKind.Linear,
        ProjectorFeatures = ProjectorFeatures,
        Heads = Heads,
    };
}
