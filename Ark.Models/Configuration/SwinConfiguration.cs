namespace Ark.Models;

/// <summary>
/// The shape of a Swin Transformer, with the defaults of timm 0.5.4. Immutable: derive a variation with <c>with</c> or
/// <see cref="WithImageSize"/>.
/// </summary>
public sealed record SwinConfiguration
{
    /// <summary>The name under which <see cref="SwinVariants"/> knows the configuration; used in messages and metadata.</summary>
    /// <value>Default: <c>swin</c>.</value>
    public string Name { get; init; } = "swin";

    /// <summary>Rows of an image.</summary>
    /// <value>Default: 224.</value>
    public int ImageHeight { get; init; } = 224;

    /// <summary>Columns of an image.</summary>
    /// <value>Default: 224.</value>
    public int ImageWidth { get; init; } = 224;

    /// <summary>Channels of an image.</summary>
    /// <value>Default: 3.</value>
    public int InputChannels { get; init; } = 3;

    /// <summary>Rows and columns of a patch, the first token.</summary>
    /// <value>Default: 4.</value>
    public int PatchSize { get; init; } = 4;

    /// <summary>Channels of a token in the first stage; every later stage doubles them.</summary>
    /// <value>Default: 96.</value>
    public int EmbedDim { get; init; } = 96;

    /// <summary>Blocks of each stage.</summary>
    /// <value>Default: 2, 2, 6, 2.</value>
    public IReadOnlyList<int> Depths { get; init; } = [2, 2, 6, 2];

    /// <summary>Attention heads of each stage; each divides the stage's channels.</summary>
    /// <value>Default: 3, 6, 12, 24.</value>
    public IReadOnlyList<int> NumHeads { get; init; } = [3, 6, 12, 24];

    /// <summary>Rows and columns of an attention window; a stage with fewer rows or columns takes that number instead, unshifted.</summary>
    /// <value>Default: 7.</value>
    public int WindowSize { get; init; } = 7;

    /// <summary>Hidden channels of a block's MLP as a multiple of the block's channels.</summary>
    /// <value>Default: 4.</value>
    public double MlpRatio { get; init; } = 4;

    /// <summary>Whether the projection to query, key and value has a bias.</summary>
    /// <value>Default: <see langword="true"/>.</value>
    public bool QkvBias { get; init; } = true;

    /// <summary>Dropout probability of embeddings, projections and MLPs, in [0, 1).</summary>
    /// <value>Default: 0.</value>
    public double DropRate { get; init; }

    /// <summary>Dropout probability of attention weights, in [0, 1).</summary>
    /// <value>Default: 0.</value>
    public double AttentionDropRate { get; init; }

    /// <summary>
    /// Stochastic depth: the probability that the last block's branches are left out; it grows linearly from 0 at the first block. In [0,
    /// 1).
    /// </summary>
    /// <value>Default: 0.1.</value>
    public double DropPathRate { get; init; } = 0.1;

    /// <summary>Whether a learnt position is added to every token.</summary>
    /// <value>Default: <see langword="false"/>.</value>
    public bool AbsolutePositionEmbedding { get; init; }

    /// <summary>
    /// Whether a stage that windows do not tile is made up with tokens of zeros while attention runs, as the Swin authors' code for dense
    /// prediction does, in place of refusing the image size. Sizes that windows tile are not affected.
    /// </summary>
    /// <value>Default: <see langword="false"/>.</value>
    public bool PadsWindows { get; init; }

    /// <summary>Whether patches are normalised after their embedding.</summary>
    /// <value>Default: <see langword="true"/>.</value>
    public bool PatchNorm { get; init; } = true;

    /// <summary>Outputs of the backbone's own classifier <c>head</c>; 0 leaves it out.</summary>
    /// <value>Default: 1000.</value>
    public int NumClasses { get; init; } = 1000;

    /// <summary>The number of stages.</summary>
    internal int StageCount => Depths.Count;

    /// <summary>Channels of the pooled features: those of the last stage.</summary>
    public int NumFeatures => EmbedDim << (StageCount - 1);

    /// <summary>
    /// The same network for another image size. Every weight keeps its shape unless a window shrinks or positions are absolute.
    /// </summary>
    /// <param name="height">Rows of an image.</param>
    /// <param name="width">Columns of an image.</param>
    /// <returns>The configuration.</returns>
    /// <exception cref="ArkInputException">The windows do not tile an image of that size.</exception>
    public SwinConfiguration WithImageSize(int height, int width)
    {
        var result = this with { ImageHeight = height, ImageWidth = width };
        result.Validate();
        return result;
    }

    /// <summary>Tokens of a stage before its patch merging, as rows and columns.</summary>
    internal (int Height, int Width) ResolutionOf(int stage) => ((ImageHeight / PatchSize) >> stage, (ImageWidth / PatchSize) >> stage);

    /// <summary>Channels of a stage before its patch merging.</summary>
    internal int ChannelsOf(int stage) => EmbedDim << stage;

    /// <summary>The window's side in a stage, and the shift of its odd blocks.</summary>
    internal (int Size, int Shift) WindowOf(int stage)
    {
        var (height, width) = ResolutionOf(stage);
        var shorter = Math.Min(height, width);
        return shorter <= WindowSize ? (shorter, 0) : (WindowSize, WindowSize / 2);
    }

    /// <summary>Rows and columns of tokens in a stage while attention runs: as many as windows tile.</summary>
    internal (int Height, int Width) PaddedResolutionOf(int stage)
    {
        var ((height, width), (window, _)) = (ResolutionOf(stage), WindowOf(stage));
        return ((height + window - 1) / window * window, (width + window - 1) / window * window);
    }

    /// <summary>The drop-path rate of every block over all stages, in single precision as the original computes it.</summary>
    internal float[] DropPathRates()
    {
        var count = Depths.Sum();
        var last = (float)DropPathRate;
        var step = count > 1 ? last / (count - 1) : 0;
        return [.. Enumerable.Range(0, count).Select(i => i < count / 2 ? step * i : last - (step * (count - 1 - i)))];
    }

    /// <summary>Throws where the numbers do not make a network.</summary>
    internal void Validate()
    {
        Require(Depths.Count > 0 && Depths.Count == NumHeads.Count && Depths.All(d => d > 0) && NumHeads.All(h => h > 0),
            "depths and heads", $"has depths [{string.Join(", ", Depths)}] and heads [{string.Join(", ", NumHeads)}]",
            "Give one positive depth and one positive number of heads for each stage.");
        Require(InputChannels > 0 && PatchSize > 0 && EmbedDim > 0 && WindowSize > 0 && MlpRatio > 0 && NumClasses >= 0,
            "sizes", "has a size that is not positive", "Channels, patch, embedding, window and MLP ratio must be above 0.");
        foreach (var rate in (ReadOnlySpan<double>)[DropRate, AttentionDropRate, DropPathRate])
            Require(rate is >= 0 and < 1, "drop rates", $"has the drop rate {rate}", "Give rates of at least 0 and below 1.");
        for (var stage = 0; stage < StageCount; stage++)
        {
            Require(ChannelsOf(stage) % NumHeads[stage] == 0, $"stage {stage}",
                $"cannot split {ChannelsOf(stage)} channels between {NumHeads[stage]} heads",
                "Choose numbers of heads that divide the stage's channels.");
            RequireTiling(stage);
        }
    }

    private void RequireTiling(int stage)
    {
        var (height, width) = ResolutionOf(stage);
        var cell = PatchSize << stage;
        var size = $"image size {ImageHeight}x{ImageWidth}";
        var unit = (PadsWindows ? 1 : WindowSize) * (PatchSize << (StageCount - 1));
        var hint = $"Use a multiple of {unit} pixels for both sides.";
        Require(height > 0
            && width > 0
            && ImageHeight % cell == 0
            && ImageWidth % cell == 0, size, $"leaves half a token in stage {stage}", hint);
        var window = WindowOf(stage).Size;
        Require(PadsWindows || (height % window == 0
            && width % window == 0), size, $"gives stage {stage} {height}x{width} tokens, which windows of {window} do not tile", hint);
    }

    private void Require(bool condition, string place, string problem, string hint)
    {
        if (!condition) throw new ArkInputException($"model '{Name}'", place, problem, hint);
    }
}
