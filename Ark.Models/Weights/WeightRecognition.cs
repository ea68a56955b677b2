using System.Globalization;

namespace Ark.Models;

/// <summary>Tells from names and sizes alone which network a state dict belongs to.</summary>
internal static class WeightRecognition
{
    /// <summary>The name of a Swin Transformer that <see cref="SwinVariants"/> does not know.</summary>
    public const string Unnamed = "swin";

    // Larger numbers are no network but an invented file; sums and shifts of these cannot overflow.
    private const long Largest = 1 << 20;
    private const int MaxTokens = 1024;
    private const int MaxStages = 8;
    private const int MaxBlocks = 1000;
    private const int MaxHeads = 1000;
    private const int MaxWindow = 64;

    // Masks and indices that a small honest file may lack.
    private const double Allowance = 256 << 20;

    /// <summary>Recognises a Swin Transformer, with or without Ark's projector and heads.</summary>
    /// <param name="shapes">The sizes of the file's tensors by the file's names.</param>
    /// <returns>What it is; <see langword="null"/> where it is none, or its shape does not make a network.</returns>
    public static RecognizedWeights? Recognize(IReadOnlyDictionary<string, long[]> shapes)
    {
        var names = SwinNames.FromFile([.. shapes.Keys]);
        var ours = new Dictionary<string, long[]>(StringComparer.Ordinal);
        foreach (var (name, shape) in shapes)
            if (shape.All(size => size is > 0 and <= Largest)) ours.TryAdd(names.GetValueOrDefault(name, name), shape);
        if (Backbone(ours, out var isSizeKnown) is not { } backbone) return null;
        var (projector, features) = ProjectorOf(ours);
        var heads = HeadsOf(ours);
        var width = projector == ProjectorKind.None ? backbone.NumFeatures : features;
        if (!HasSizes(ours, backbone) || !HasSizes(ours, backbone.NumFeatures, projector, width, heads)) return null;
        if (DerivedBytes(backbone) > (4 * sizeof(float) * ours.Values.Sum(s => (double)s.Aggregate(1L, (a, b) => a * b))) + Allowance)
            return null;
        var layout = heads.Count > 0
            || projector != ProjectorKind.None ? WeightLayout.Ark : names.Count > 0 ? WeightLayout.Timm : WeightLayout.Swin;
        return new RecognizedWeights(Named(backbone), projector, features, heads, layout, isSizeKnown);
    }

    /// <summary>What a state dict that is not recognised is instead, as words that follow "holds".</summary>
    /// <returns><see langword="null"/> where that is not known.</returns>
    public static string? WhyNot(IReadOnlyDictionary<string, long[]> shapes)
    {
        if (shapes.Count == 0) return null;
        if (shapes.Keys.All(SwinNames.IsArks))
            return "only Ark's projector and heads: merge them over a file with a backbone";
        if (Has("cpb_mlp") || Has("logit_scale")) return "a Swin Transformer V2, and only the first version is run";
        if (Has("features.1.0.norm1.") || Has("features.1.0.attn."))
            return "a Swin Transformer under torchvision's names, and only those of timm, Microsoft and Ark are read";
        if (Has("patch_embed.proj.weight") && Has("cls_token")) return "a Vision Transformer, not a Swin Transformer";
        if (Has("layer1.0.conv1.weight")) return "a ResNet, not a Swin Transformer";
        if (Has("denseblock1.")) return "a DenseNet, not a Swin Transformer";
        var names = SwinNames.FromFile([.. shapes.Keys]);
        var ours = shapes.ToDictionary(s => names.GetValueOrDefault(s.Key, s.Key), s => s.Value, StringComparer.Ordinal);
        return Size(ours, Block(0, 0, "attn.relative_position_bias_table"), 2) is not null && IsRectangular(ours)
            ? "a Swin Transformer for images that are not square, whose rows and columns a file does not tell"
            : null;

        bool Has(string part) => shapes.Keys.Any(n => n.Contains(part, StringComparison.Ordinal));
    }

    /// <summary>
    /// Bytes of what the network computes of its shape: the indices of relative positions, and the masks of shifted windows.
    /// </summary>
    public static double DerivedBytes(SwinConfiguration backbone) => Enumerable.Range(0, backbone.StageCount).Sum(stage =>
    {
        var ((height, width), window) = (backbone.ResolutionOf(stage), (double)backbone.WindowOf(stage).Size);
        return (backbone.Depths[stage] * Math.Pow(
            window, 4) * sizeof(long)) + (backbone.Depths[stage] / 2 * (double)height * width * window * window * sizeof(float));
    });

    private static bool IsRectangular(Dictionary<string, long[]> shapes)
    {
        _ = Backbone(shapes, out _, out var isRectangular);
        return isRectangular;
    }

    private static SwinConfiguration? Backbone(Dictionary<string, long[]> shapes, out bool isSizeKnown) =>
        Backbone(shapes, out isSizeKnown, out _);

    private static SwinConfiguration? Backbone(Dictionary<string, long[]> shapes, out bool isSizeKnown, out bool isRectangular)
    {
        (isSizeKnown, isRectangular) = (false, false);
        if (Size(shapes, "patch_embed.proj.weight", 4) is not { } patches || patches[2] != patches[3]) return null;
        List<int> depths = [], heads = [], windows = [];
        for (var stage = 0; stage < MaxStages
            && Size(shapes, Block(stage, 0, "attn.relative_position_bias_table"), 2) is { } table; stage++)
        {
            var side = PositionTables.Side(table[0]);
            if (side % 2 == 0 || side > (2 * MaxWindow) - 1) return null;
            windows.Add((int)((side + 1) / 2));
            heads.Add((int)table[1]);
            depths.Add(Enumerable.Range(0, MaxBlocks).TakeWhile(b => shapes.ContainsKey(Block(stage, b, "norm1.weight"))).Count());
        }

        if (depths.Count == 0 || depths.Contains(0) || Size(shapes, Block(0, 0, "mlp.fc1.weight"), 2) is not { } hidden) return null;
        var window = windows.Max();
        if (Resolution(shapes, depths.Count, window, windows[^1], out isSizeKnown, out isRectangular) is not { } tokens) return null;
        var result = new SwinConfiguration
        {
            Name = Unnamed,
            InputChannels = (int)patches[1],
            PatchSize = (int)patches[2],
            EmbedDim = (int)patches[0],
            Depths = depths,
            NumHeads = heads,
            WindowSize = window,
            MlpRatio = (double)hidden[0] / hidden[1],
            QkvBias = shapes.ContainsKey(Block(0, 0, "attn.qkv.bias")),
            PatchNorm = shapes.ContainsKey("patch_embed.norm.weight"),
            AbsolutePositionEmbedding = shapes.ContainsKey("absolute_pos_embed"),
            NumClasses = Size(shapes, "head.weight", 2) is { } head ? (int)head[0] : 0,
            ImageHeight = tokens * (int)patches[2],
            ImageWidth = tokens * (int)patches[2],
        };
        // A network whose stages have windows of their own is another one.
        if (!IsNetwork(result) || !Enumerable.Range(0, depths.Count).All(stage => result.WindowOf(stage).Size == windows[stage]))
            return null;
        isRectangular = !HasMasksOfASquare(shapes, result);
        return isRectangular ? null : result;
    }

    /// <summary>
    /// Rows of tokens in the first stage. A mask tells how many windows its stage has, absolute positions how many tokens the first;
    /// without either the last stage is taken to be one window, as in every published variant.
    /// </summary>
    private static int? Resolution(
        Dictionary<string, long[]> shapes, int stages, int window, int lastWindow, out bool isKnown, out bool isRectangular)
    {
        (isKnown, isRectangular) = (true, false);
        long tokens = 0;
        for (var stage = 0; stage < stages && tokens == 0; stage++)
        {
            if (Size(shapes, Block(stage, 1, "attn_mask"), 3) is not { } mask) continue;
            tokens = (PositionTables.Side(mask[0]) * PositionTables.Side(mask[1])) << stage;
            isRectangular = tokens == 0;
            if (isRectangular) return null;
        }

        if (tokens == 0 && Size(shapes, "absolute_pos_embed", 3) is { } absolute)
        {
            tokens = PositionTables.Side(absolute[1]);
            isRectangular = tokens == 0;
            if (isRectangular) return null;
        }

        isKnown = tokens > 0;
        if (!isKnown) tokens = (long)Math.Min(window, lastWindow) << (stages - 1);
        return tokens is > 0 and <= MaxTokens ? (int)tokens : null;
    }

    /// <summary>
    /// Whether the masks of all stages are those of one square image. Two by eight windows are as many as four by four, but a stage later
    /// one by four need no mask, and two by two do.
    /// </summary>
    private static bool HasMasksOfASquare(Dictionary<string, long[]> shapes, SwinConfiguration square)
    {
        var masks = Enumerable.Range(0, square.StageCount).Select(s => Size(shapes, Block(s, 1, "attn_mask"), 3)).ToList();
        if (masks.All(m => m is null)) return true;
        // Whoever left out some masks left out the indices too.
        var isWhole = shapes.ContainsKey(Block(0, 0, "attn.relative_position_index"));
        for (var stage = 0; stage < square.StageCount; stage++)
        {
            if (square.Depths[stage] < 2) continue;
            var (rows, window) = (square.ResolutionOf(stage).Height, square.WindowOf(stage));
            var windows = window.Shift == 0 ? 0 : (long)(rows / window.Size) * (rows / window.Size);
            if (masks[stage] is { } mask ? mask[0] != windows : isWhole && windows > 0) return false;
        }

        return true;
    }

    private static (ProjectorKind Kind, int Features) ProjectorOf(Dictionary<string, long[]> shapes) =>
        Size(shapes, "projector.2.weight", 2) is { } last ? (ProjectorKind.Mlp, (int)last[0])
        : Size(shapes, "projector.weight", 2) is { } only ? (ProjectorKind.Linear, (int)only[0])
        : (ProjectorKind.None, 0);

    private static List<int> HeadsOf(Dictionary<string, long[]> shapes)
    {
        // A head without weights between others is an identity.
        var result = new List<int>();
        for (var i = 0; i < MaxHeads; i++)
        {
            if (Size(shapes, $"omni_heads.{i.ToString(CultureInfo.InvariantCulture)}.weight", 2) is not { } head) continue;
            while (result.Count < i) result.Add(0);
            result.Add((int)head[0]);
        }

        return result;
    }

    /// <summary>
    /// Whether every large tensor has the size that the network would give it: what is built is then no larger than what is in the file.
    /// </summary>
    private static bool HasSizes(Dictionary<string, long[]> shapes, SwinConfiguration backbone)
    {
        for (var stage = 0; stage < backbone.StageCount; stage++)
        {
            long channels = backbone.ChannelsOf(stage);
            var hidden = (long)(channels * backbone.MlpRatio);
            for (var block = 0; block < backbone.Depths[stage]; block++)
            {
                if (!Is(shapes, Block(stage, block, "attn.qkv.weight"), 3 * channels, channels) || !Is(
                    shapes, Block(stage, block, "attn.proj.weight"), channels, channels)
                    || !Is(shapes, Block(stage, block, "mlp.fc1.weight"), hidden, channels) || !Is(
                        shapes, Block(stage, block, "mlp.fc2.weight"), channels, hidden))
                    return false;
            }

            var merging = string.Create(CultureInfo.InvariantCulture, $"layers.{stage}.downsample.reduction.weight");
            if (stage < backbone.StageCount - 1 && !Is(shapes, merging, 2 * channels, 4 * channels)) return false;
        }

        return backbone.NumClasses == 0 || Is(shapes, "head.weight", backbone.NumClasses, backbone.NumFeatures);
    }

    private static bool HasSizes(Dictionary<string, long[]> shapes, int features, ProjectorKind projector, int width, List<int> heads)
    {
        var fits = projector switch
        {
            ProjectorKind.None => true,
            ProjectorKind.Linear => Is(shapes, "projector.weight", width, features),
            _ => Is(shapes, "projector.0.weight", width, features) && Is(shapes, "projector.2.weight", width, width),
        };
        return fits && heads.Select((outputs, i) => outputs == 0
            || Is(shapes, string.Create(CultureInfo.InvariantCulture, $"omni_heads.{i}.weight"), outputs, width)).All(h => h);
    }

    private static bool Is(Dictionary<string, long[]> shapes, string name, long rows, long columns) =>
        Size(shapes, name, 2) is { } size && size[0] == rows && size[1] == columns;

    /// <summary>The shape under the name of the variant that it is, where one is known.</summary>
    public static SwinConfiguration Named(SwinConfiguration shape)
    {
        // Of variants that differ in nothing but the image size, the nearest gives the name.
        var name = SwinVariants.Names.Select(SwinVariants.Get).DistinctBy(v => v.Name).Where(v => IsVariant(
            shape, v)).OrderBy(v => Math.Abs(v.ImageHeight - shape.ImageHeight)).FirstOrDefault()?.Name;
        return name is null ? shape : shape with { Name = name };
    }

    private static bool IsVariant(SwinConfiguration shape, SwinConfiguration known) =>
        (
            shape.EmbedDim, shape.PatchSize, shape.WindowSize, shape.InputChannels, shape.MlpRatio, shape.QkvBias, shape.PatchNorm,
            shape.AbsolutePositionEmbedding)
        == (
            known.EmbedDim, known.PatchSize, known.WindowSize, known.InputChannels, known.MlpRatio, known.QkvBias, known.PatchNorm,
            known.AbsolutePositionEmbedding)
        && shape.Depths.SequenceEqual(known.Depths) && shape.NumHeads.SequenceEqual(known.NumHeads);

    private static bool IsNetwork(SwinConfiguration configuration)
    {
        try
        {
            configuration.Validate();
            return true;
        }
        catch (ArkInputException)
        {
            // The file's own numbers contradict each other; the caller says that nothing was recognised.
            return false;
        }
    }

    private static long[]? Size(Dictionary<string, long[]> shapes, string name, int rank) =>
        shapes.TryGetValue(name, out var shape) && shape.Length == rank ? shape : null;

    private static string Block(int stage, int block, string rest) =>
        string.Create(CultureInfo.InvariantCulture, $"layers.{stage}.blocks.{block}.{rest}");
}
