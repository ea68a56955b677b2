using System.Diagnostics;
using System.Runtime.InteropServices;
using TorchSharp.Modules;

namespace Ark.Models;

/// <summary>A model's weights in the order in which the fast path reads them; nothing in it changes once it is built.</summary>
/// <remarks>Rests on: positions of the shape that the configuration gives, which is compared.</remarks>
internal sealed class PreparedNetwork : IDisposable
{
    private readonly List<IDisposable> _parts = [];

    /// <param name="model">The model; borrowed.</param>
    /// <param name="streamed">Weights that the model lacks because they are still in their file.</param>
    /// <param name="precision">What the backbone's weights are rounded to.</param>
    public PreparedNetwork(ArkModel model, StreamedWeights? streamed, InferencePrecision precision)
    {
        Configuration = model.Configuration;
        Precision = precision;
        var backbone = model.Backbone;
        try
        {
            Patches = Keep(PackedMatrix.Create(
                model.Patches.proj.weight, model.Patches.proj.bias,
                [backbone.EmbedDim, backbone.InputChannels, backbone.PatchSize, backbone.PatchSize], streamed));
            PatchNorm = model.Patches.norm is { } norm ? Keep(new NormLayer(norm, backbone.EmbedDim)) : null;
            Positions = model.absolute_pos_embed is { } positions ? Keep(PaddedRows(positions, backbone)) : null;
            Stages = [.. model.Stages.Select((stage, number) => new PreparedStage(
                [.. stage.blocks.Select(b => Keep(new PreparedBlock(b, backbone, number, streamed, precision)))],
                stage.downsample is { } merging ? Keep(new NormLayer(merging.norm, 4 * backbone.ChannelsOf(number))) : null,
                stage.downsample is { } merging2
                    ? Keep(PackedMatrix.Create(
                        merging2.reduction.weight!, bias: null, [2L * backbone.ChannelsOf(number), 4L * backbone.ChannelsOf(number)],
                        streamed, precision))
                    : null))];
            Norm = Keep(new NormLayer(model.norm, backbone.NumFeatures));
            // The first takes the backbone's features, a second its own.
            var projected = Configuration.ProjectorFeatures;
            Projector = [.. LinearsOf(model.Projector).Select((l, i) => Keep(PackedMatrix.Create(
                l.weight!, l.bias, [projected, i == 0 ? backbone.NumFeatures : projected], streamed)))];
            Heads = [.. model.Heads.Zip(Configuration.Heads, (h, described) => h is Linear l
                ? Keep(PackedMatrix.Create(l.weight!, l.bias, [described.Outputs, Configuration.FeatureCount], streamed))
                : null)];
            streamed?.Fill();
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    public ArkModelConfiguration Configuration { get; }

    public InferencePrecision Precision { get; }

    public PackedMatrix Patches { get; }

    public NormLayer? PatchNorm { get; }

    public NativeBuffer? Positions { get; }

    public IReadOnlyList<PreparedStage> Stages { get; }

    public NormLayer Norm { get; }

    /// <summary>None, one, or two with a ReLU between them.</summary>
    public IReadOnlyList<PackedMatrix> Projector { get; }

    /// <summary><see langword="null"/> for the identity.</summary>
    public IReadOnlyList<PackedMatrix?> Heads { get; }

    /// <summary>Whether windows tile every stage, without rows or columns that are made up.</summary>
    public static bool TilesStages(SwinConfiguration backbone) =>
        Enumerable.Range(0, backbone.StageCount).All(i => backbone.PaddedResolutionOf(i) == backbone.ResolutionOf(i));

    /// <summary>Whether the depth of every product is a multiple: of two for bfloat16, of four for integers.</summary>
    public static bool HasDepthsOf(SwinConfiguration backbone, int multiple) =>
        Enumerable.Range(0, backbone.StageCount).All(i => backbone.ChannelsOf(i) % multiple == 0
            && (int)(backbone.ChannelsOf(i) * backbone.MlpRatio) % multiple == 0);

    public void Dispose() => _parts.ForEach(p => p.Dispose());

    private T Keep<T>(T part) where T : IDisposable
    {
        _parts.Add(part);
        return part;
    }

    private static IEnumerable<Linear> LinearsOf(TorchSharp.torch.nn.Module? projector) => projector switch
    {
        null => [],
        Linear single => [single],
        var mlp => mlp.children().Cast<Linear>(),
    };

    private static unsafe NativeBuffer PaddedRows(TorchSharp.torch.Tensor rows, SwinConfiguration backbone)
    {
        var (height, width) = backbone.ResolutionOf(0);
        var (count, channels) = (height * width, backbone.EmbedDim);
        using var flat = SinglePrecision.Dense(rows, 1, count, channels);
        var values = MemoryMarshal.Cast<byte, float>(flat.bytes);
        var padded = VectorMath.Pad(channels);
        var buffer = new NativeBuffer((long)count * padded * sizeof(float));
        Debug.Assert(values.Length == count * channels && buffer.Holds(count, padded), "Both hold every position.");
        for (var i = 0; i < count; i++)
            values.Slice(i * channels, channels).CopyTo(new Span<float>(buffer.Floats + ((nint)i * padded), channels));
        return buffer;
    }
}

/// <summary>A stage's layers, prepared.</summary>
/// <param name="Blocks">The blocks.</param>
/// <param name="MergeNorm">The norm of the patch merging that follows; <see langword="null"/> after the last stage.</param>
/// <param name="Reduction">Its linear layer.</param>
internal sealed record PreparedStage(IReadOnlyList<PreparedBlock> Blocks, NormLayer? MergeNorm, PackedMatrix? Reduction);
