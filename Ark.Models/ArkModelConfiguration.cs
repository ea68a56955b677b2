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

    /// <summary>Channels of the features that the heads take.</summary>
    public int FeatureCount => Projector == ProjectorKind.None ? Backbone.NumFeatures : ProjectorFeatures;

    internal void Validate()
    {
        if (Heads.Count == 0) throw new ArkInputException($"model '{Backbone.Name}'", "heads", "has no head", "Give one head for each dataset.");
        if (Projector != ProjectorKind.None && ProjectorFeatures < 1)
        {
            throw new ArkInputException($"model '{Backbone.Name}'", "projector features", $"has {ProjectorFeatures} projector features",
                "Give at least 1, or no projector.");
        }
    }
}
