namespace Ark.Models;

/// <summary>What a state dict is the state of, as far as names and sizes tell.</summary>
/// <param name="Backbone">The Swin Transformer; named where <see cref="SwinVariants"/> knows it.</param>
/// <param name="Projector">What stands between pooled features and heads.</param>
/// <param name="ProjectorFeatures">The projector's outputs; 0 without one.</param>
/// <param name="HeadOutputs">Outputs of each dataset's head; 0 for an identity.</param>
/// <param name="Layout">Whose names the file has.</param>
/// <param name="IsSizeKnown">Whether a tensor tells the image size; else it is the usual one of the window.</param>
internal sealed record RecognizedWeights(
    SwinConfiguration Backbone, ProjectorKind Projector, int ProjectorFeatures, IReadOnlyList<int> HeadOutputs, WeightLayout Layout,
    bool IsSizeKnown = true)
{
    /// <summary>
    /// The shape of an Ark model with these weights; heads are named as in the released model that they are those of, else <c>head0</c>,
    /// <c>head1</c>, …. Where no tensor tells the image size, it is that of the released model with the same backbone and projector.
    /// </summary>
    public ArkModelConfiguration ToConfiguration()
    {
        var plain = Of(Backbone);
        if (!IsSizeKnown)
            plain = ReleasedModels.All.Select(m => Of(AtSize(m.Configuration.Backbone.ImageHeight)))
                .FirstOrDefault(ReleasedModels.HasTrunkOfOne) ?? plain;
        return Named(plain, ReleasedModels.Match(plain));
    }

    /// <summary>The same for images of another size than the usual one.</summary>
    /// <param name="path">The file, for messages.</param>
    /// <param name="imageSize">Rows and columns of an image.</param>
    /// <exception cref="ArkInputException">The file tells another size, or the windows do not tile that one.</exception>
    public ArkModelConfiguration ToConfiguration(string path, int imageSize)
    {
        if (IsSizeKnown && imageSize != Backbone.ImageHeight)
        {
            throw new ArkInputException(path, "image size", $"holds a model of {Backbone.ImageHeight} pixels, not {imageSize}",
                "Leave 'ImageSize' out: the file tells it.");
        }

        Backbone.WithImageSize(imageSize, imageSize);
        var plain = Of(AtSize(imageSize));
        return Named(plain, ReleasedModels.Match(plain));
    }

    private static ArkModelConfiguration Named(ArkModelConfiguration plain, ReleasedModel? released) =>
        released is null
            ? plain
            : plain with { Heads = released.Configuration.Heads, Normalization = released.Configuration.Normalization };

    private SwinConfiguration AtSize(int size) =>
        WeightRecognition.Named(Backbone with { ImageHeight = size, ImageWidth = size, Name = WeightRecognition.Unnamed });

    private ArkModelConfiguration Of(SwinConfiguration backbone) =>
        new()
        {
            Backbone = backbone,
            Projector = Projector,
            ProjectorFeatures = Projector == ProjectorKind.None ? Backbone.NumFeatures : ProjectorFeatures,
            Heads = [.. HeadOutputs.Select((outputs, i) => new ArkHead($"head{i}", outputs))],
        };

    /// <summary>In words: <c>swin_base_patch4_window7_224 with an MLP projector of 1376 and 6 heads (14, 14, 14, 3, 6, 1)</c>.</summary>
    public override string ToString()
    {
        var projector = Projector switch
        {
            ProjectorKind.None => "no projector",
            ProjectorKind.Linear => $"a linear projector of {ProjectorFeatures}",
            _ => $"an MLP projector of {ProjectorFeatures}",
        };
        var heads = HeadOutputs.Count == 1 ? $"1 head ({HeadOutputs[0]})" : $"{HeadOutputs.Count} heads ({string.Join(", ", HeadOutputs)})";
        if (HeadOutputs.Count > 0 || Projector != ProjectorKind.None) return $"{WordsOf(Backbone)} with {projector} and {heads}";
        return $"{WordsOf(Backbone)} without Ark's projector and heads, "
            + $"{(Backbone.NumClasses > 0 ? $"a classifier of {Backbone.NumClasses} classes" : "and without a classifier")}";
    }

    private static string WordsOf(SwinConfiguration backbone)
    {
        var size = backbone.ImageHeight == backbone.ImageWidth
            ? $"{backbone.ImageHeight}"
            : $"{backbone.ImageHeight}x{backbone.ImageWidth}";
        if (backbone.Name == WeightRecognition.Unnamed)
        {
            return $"a Swin Transformer of {size} pixels, window {backbone.WindowSize}, {backbone.EmbedDim} channels, depths "
                + $"{string.Join("-", backbone.Depths)} and "
                + $"attention heads {string.Join("-", backbone.NumHeads)},";
        }

        return backbone.ImageHeight == SwinVariants.Get(backbone.Name).ImageHeight ? backbone.Name : $"{backbone.Name} at {size} pixels";
    }
}
