using System.ComponentModel.DataAnnotations;
using Ark.Inference;
using Ark.Models;

namespace Ark.Training;

/// <summary>
/// How a segmentation network is trained. The defaults are those of the published code, except where a value says otherwise.
/// </summary>
public sealed class SegmentationOptions : OptimizationOptions
{
    internal const int PublishedImageSize = 224;

    /// <summary>Creates the published values.</summary>
    public SegmentationOptions()
    {
        ImageSize = PublishedImageSize;
        Epochs = 500;
        Patience = 20;
        BatchSize = 16;
        Optimizer = OptimizerKind.Momentum;
        LearningRate = 0.05;
        (WarmupLearningRate, MinimumLearningRate) = (0, 0);
    }

    /// <summary>What turns the backbone's features into scores.</summary>
    /// <value>The default is <see cref="UperNetDecoder.Published"/>.</value>
    public UperNetDecoder Decoder { get; set; }

    /// <summary>Channels of <see cref="UperNetDecoder.Detailed"/>.</summary>
    /// <value>The default is 32.</value>
    [Range(4, 4096)]
    public int Width { get; set; } = 32;

    /// <summary>What training lowers.</summary>
    /// <value>The default is <see cref="SegmentationLoss.Dice"/>.</value>
    public SegmentationLoss Loss { get; set; }

    /// <summary>Whether training moves pictures with their masks and changes brightness and contrast.</summary>
    /// <value>The default is <see langword="true"/>.</value>
    public bool Augment { get; set; } = true;

    /// <summary>
    /// Whether training also varies what differs between devices: sharpness, as if pictures had been stored with 35 to 80 % of
    /// <see cref="OptimizationOptions.ImageSize"/>, and gamma, brightness and contrast far more than <see cref="Augment"/> alone does. For
    /// networks that will see other pictures than those they learn from; not in the published code. Without <see cref="Augment"/> it does
    /// nothing.
    /// </summary>
    /// <value>The default is <see langword="false"/>.</value>
    public bool VaryQuality { get; set; }

    /// <summary>
    /// Whether training also varies how pictures are framed: half of them with 65 to 115 % of their side and up to a quarter more in width
    /// than in height or the reverse, anywhere, with black or grey bands beside them. For networks that will see a wider field, padded or
    /// cut pictures; not in the published code. Without <see cref="Augment"/> it does nothing.
    /// </summary>
    /// <value>The default is <see langword="false"/>.</value>
    public bool VaryFraming { get; set; }

    private protected override string Subject => "segmentation options";

    internal override IEnumerable<(string Property, string Problem, string? Hint)> Problems()
    {
        foreach (var problem in base.Problems()) yield return problem;
        if (BatchSize < 2)
            yield return (nameof(BatchSize), "must be 2 at least", "Batch normalization needs two images in a step.");
    }

    /// <summary>The network of a new run.</summary>
    /// <exception cref="ArkInputException">The weight file holds no Swin Transformer, or another than was named, or the image size does not
    /// fit.</exception>
    internal SegmentationDescription Describe(IReadOnlyList<string> structures)
    {
        var backbone = Architecture is { } name ? SwinVariants.Get(name) : null;
        if (InitialWeights is { } path)
        {
            var found = ArkModelConfiguration.Recognize(CheckpointFile.ReadIndex(path, Reading), NestedKey)?.Backbone
                ?? throw new ArkInputException(
                    path, null, "holds no Swin Transformer that is known", "'CheckpointFile' lists what it holds.");
            backbone ??= found;
            if ((backbone.EmbedDim, backbone.PatchSize, string.Join(',', backbone.Depths)) != (
                found.EmbedDim, found.PatchSize, string.Join(',', found.Depths)))
                throw new ArkInputException(
                    path, null, $"holds {found.Name}, not {backbone.Name}", "Leave 'Architecture' out to take the file's own.");
        }

        var size = ImageSize ?? backbone?.ImageHeight ?? PublishedImageSize;
        backbone ??= SwinVariants.Get("swin_base");
        var shape = (backbone with { PadsWindows = true, NumClasses = 0, DropPathRate = DropPathRate }).WithImageSize(size, size);
        return new SegmentationDescription(
            new UperNetConfiguration { Backbone = shape, Structures = structures, Decoder = Decoder, Width = Width }, Normalization);
    }

    internal SegmentationOptions Clone() => (SegmentationOptions)Copy();
}
