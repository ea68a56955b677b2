using Ark.Data;
using Ark.Models;

namespace Ark.Inference;

/// <summary>What a checkpoint must say beside its tensors, so that the network can be built and its outputs be named.</summary>
/// <param name="Network">The network's shape.</param>
/// <param name="Normalization">How pixels are normalized.</param>
internal sealed record SegmentationDescription(UperNetConfiguration Network, Normalization Normalization)
{
    /// <summary>The largest side of its input, in pixels.</summary>
    public const int MaxImageSize = 4096;

    public int ImageSize => Network.Backbone.ImageHeight;

    public ViewSize Size => new(Network.Backbone.ImageWidth, Network.Backbone.ImageHeight);

    /// <summary>Makes input and target for the network.</summary>
    /// <param name="variesQuality">Whether training varies sharpness and grey levels widely.</param>
    /// <param name="variesFraming">Whether it varies how pictures are framed.</param>
    public SegmentationTransform Transform(bool variesQuality = false, bool variesFraming = false) =>
        new(Size, Network.Structures.Count, Normalization) { VariesQuality = variesQuality, VariesFraming = variesFraming };

    /// <summary>For a checkpoint.</summary>
    public OrderedDictionary<string, object?> Encode()
    {
        var b = Network.Backbone;
        return new OrderedDictionary<string, object?>
        {
            ["architecture"] = b.Name,
            ["img_size"] = (long)ImageSize,
            ["patch_size"] = (long)b.PatchSize,
            ["embed_dim"] = (long)b.EmbedDim,
            ["depths"] = b.Depths.Select(object? (d) => (long)d).ToList(),
            ["num_heads"] = b.NumHeads.Select(object? (h) => (long)h).ToList(),
            ["window_size"] = (long)b.WindowSize,
            ["mlp_ratio"] = TorchSharp.torch.tensor(b.MlpRatio, TorchSharp.torch.ScalarType.Float64),
            ["qkv_bias"] = b.QkvBias,
            ["ape"] = b.AbsolutePositionEmbedding,
            ["patch_norm"] = b.PatchNorm,
            ["decoder"] = Network.Decoder.ToString(),
            ["width"] = (long)Network.Width,
            ["structures"] = Network.Structures.Cast<object?>().ToList(),
            ["normalization"] = NormalizationNames.Of(Normalization),
        };
    }

    /// <summary>
    /// Refuses what a file describes where the network would be much larger than the file: nothing of that size is allocated for it.
    /// </summary>
    /// <param name="path">The file.</param>
    /// <exception cref="ArkInputException">It is.</exception>
    public void RequirePlausible(string path)
    {
        const double allowance = 256 << 20;
        // What a block takes whatever its width: its objects, biases and norms.
        const double block = 4096;
        var b = Network.Backbone;
        if (ImageSize is < 1 or > MaxImageSize || Network.Structures.Count is < 1 or > StructureMap.MaxStructures)
            throw new ArkInputException(
                path,
                "key 'ark.model'",
                $"describes a network for images of {ImageSize} pixels and {Network.Structures.Count} structures, which no training makes",
                "Give a checkpoint that 'SegmentationTrainer' wrote.");
        double floats = b.AbsolutePositionEmbedding ? b.EmbedDim * Math.Pow(ImageSize / Math.Max(1, b.PatchSize), 2) : 0;
        for (var stage = 0; stage < b.Depths.Count; stage++)
        {
            var channels = b.EmbedDim * Math.Pow(2, stage);
            var side = ImageSize / (Math.Max(1, b.PatchSize) * Math.Pow(2, stage));
            var window = Math.Min(b.WindowSize, side);
            // Matrices of a block and of the merging; position tables, with a head for each channel at most, and their indices of 64 bits;
            // the masks of shifted windows; what the decoder makes of a stage.
            floats += b.Depths[stage] * (block + ((4 + (2 * b.MlpRatio)) * channels * channels)) + (8 * channels * channels);
            floats += b.Depths[
                stage] * ((Math.Pow((2.0 * b.WindowSize) - 1, 2) * b.NumHeads.ElementAtOrDefault(stage)) + (2 * Math.Pow(b.WindowSize, 4)));
            floats += Math.Ceiling(b.Depths[stage] / 2.0) * side * side * window * window;
            floats += 9.0 * Network.Width * (channels + Network.Width);
        }

        floats += (double)b.EmbedDim * 3 * b.PatchSize * b.PatchSize;
        if (b.Depths.Any(d => d < 0) || !double.IsFinite(floats) || floats * sizeof(float) > (4.0 * new FileInfo(path).Length) + allowance)
            throw new ArkInputException(
                path,
                "key 'ark.model'",
                "describes a network that is much larger than the file",
                "Give a checkpoint that 'SegmentationTrainer' wrote.");
    }

    /// <summary>From a checkpoint.</summary>
    public static SegmentationDescription Decode(string path, CheckpointSection section)
    {
        var decoder = section.GetString("decoder");
        if (EnumNames.Find<UperNetDecoder>(decoder) is not { } kind)
            throw new ArkInputException(path, "key 'ark.model.decoder'", $"has the unknown decoder '{decoder}'", "Update Ark.");
        var size = section.GetInt32("img_size");
        var backbone = new SwinConfiguration
        {
            Name = section.GetString("architecture"),
            ImageHeight = size,
            ImageWidth = size,
            PatchSize = section.GetInt32("patch_size"),
            EmbedDim = section.GetInt32("embed_dim"),
            Depths = section.GetInt32Array("depths"),
            NumHeads = section.GetInt32Array("num_heads"),
            WindowSize = section.GetInt32("window_size"),
            MlpRatio = section.GetDouble("mlp_ratio"),
            QkvBias = section.GetBoolean("qkv_bias"),
            AbsolutePositionEmbedding = section.GetBoolean("ape"),
            PatchNorm = section.GetBoolean("patch_norm"),
            NumClasses = 0,
            PadsWindows = true,
        };
        var network = new UperNetConfiguration
        {
            Backbone = backbone,
            Structures = section.GetStringArray("structures"),
            Decoder = kind,
            Width = section.GetInt32("width"),
        };
        return new SegmentationDescription(network, section.GetNormalization("normalization"));
    }
}
