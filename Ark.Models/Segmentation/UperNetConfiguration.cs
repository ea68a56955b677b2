namespace Ark.Models;

/// <summary>The shape of a <see cref="UperNet"/>.</summary>
public sealed record UperNetConfiguration
{
    /// <summary>The Swin Transformer whose stages it reads; it needs two stages at least. Its classifier is not used.</summary>
    public required SwinConfiguration Backbone { get; init; }

    /// <summary>The structures to find, one output channel each, in their order. A pixel may belong to several.</summary>
    public required IReadOnlyList<string> Structures { get; init; }

    /// <summary>What turns the backbone's features into scores.</summary>
    /// <value>Default: <see cref="UperNetDecoder.Published"/>.</value>
    public UperNetDecoder Decoder { get; init; } = UperNetDecoder.Published;

    /// <summary>
    /// Channels of the maps of <see cref="UperNetDecoder.Detailed"/>; the published decoder takes those of the first stage.
    /// </summary>
    /// <value>Default: 32.</value>
    public int Width { get; init; } = 32;

    /// <summary>The grids, as rows and columns, over which the last stage is averaged to see the whole picture.</summary>
    /// <value>Default: 1, 2, 4, 6.</value>
    public IReadOnlyList<int> PyramidBins { get; init; } = [1, 2, 4, 6];

    /// <summary>The probability with which a channel of the pooled pyramid is left out in training, in [0, 1).</summary>
    /// <value>Default: 0.1.</value>
    public double DropRate { get; init; } = 0.1;

    /// <summary>Channels of each stage after its patch merging; the last stage has none.</summary>
    internal int[] FeatureChannels =>
        [.. Enumerable.Range(0, Backbone.StageCount).Select(s => Backbone.ChannelsOf(Math.Min(s + 1, Backbone.StageCount - 1)))];

    /// <summary>Throws where the numbers do not make a network.</summary>
    internal void Validate()
    {
        Require(Backbone.StageCount >= 2, "backbone", $"has {Backbone.StageCount} stage", "Take a backbone of two stages or more.");
        Require(Structures.Count > 0
            && Structures.Distinct(StringComparer.Ordinal).Count() == Structures.Count
            && Structures.All(s => !string.IsNullOrWhiteSpace(s)),
            "structures", "has no structure, or one without a name or with the name of another", "Give each structure a name of its own.");
        Require(PyramidBins.Count > 0
            && PyramidBins.All(b => b > 0), "pyramid bins", $"has bins [{string.Join(", ", PyramidBins)}]", "Give positive numbers.");
        var pooled = Decoder == UperNetDecoder.Published ? FeatureChannels[^1] : Width;
        Require(Width > 0, "width", $"has {Width} channels", "Give a positive number.");
        Require(
            pooled >= PyramidBins.Count, "pyramid bins", $"divides {pooled} channels between {PyramidBins.Count} bins", "Give fewer bins.");
        Require(DropRate is >= 0 and < 1, "drop rate", $"has the drop rate {DropRate}", "Give a rate of at least 0 and below 1.");
    }

    private void Require(bool condition, string place, string problem, string hint)
    {
        if (!condition) throw new ArkInputException($"segmentation model on '{Backbone.Name}'", place, problem, hint);
    }
}
