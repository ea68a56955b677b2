using static TorchSharp.torch;

namespace Ark.Models;

/// <summary>
/// Networks of one shape, forward and back, in kernels: patch embedding, blocks and patch merging. As in inference, rows go through a
/// piece in batches that stay in the caches, and nothing is partitioned, rolled or merged. Weights are packed anew for each call, because
/// they move with each step. Not thread-safe.
/// </summary>
internal sealed class FusedBlocks : IDisposable
{
    private readonly bool _isBf16;
    private readonly StepWork _work;
    private readonly BlockKernels _blocks;
    private readonly EmbeddingKernels? _embedding;
    private readonly MergingKernels[] _merging;

    private FusedBlocks(SwinConfiguration configuration, bool bf16, int threads)
    {
        _isBf16 = bf16;
        _work = new StepWork(threads);
        _blocks = new BlockKernels(configuration, bf16, _work);
        _embedding = EmbeddingKernels.Create(configuration, _work);
        _merging = [.. Enumerable.Range(0, configuration.StageCount - 1).Select(i => new MergingKernels(configuration, i, bf16, _work))];
    }

    /// <summary>Set to have the time taken.</summary>
    public PassProfile? Profile
    {
        set => _work.Profile = value;
    }

    /// <summary>Prepares for networks of a shape.</summary>
    /// <param name="configuration">The shape.</param>
    /// <param name="precision">Of products: float32, or bfloat16 with all else in float32.</param>
    /// <param name="threads">On how many threads to compute.</param>
    /// <returns>The caller owns it; <see langword="null"/> where the shape or the processor asks for libtorch's operators.</returns>
    public static FusedBlocks? Create(SwinConfiguration configuration, ScalarType precision, int threads) =>
        KernelWidth.IsSupported
        && (precision == ScalarType.Float32 || (precision == ScalarType.BFloat16 && Bf16Kernel.IsSupported))
        && PreparedNetwork.TilesStages(configuration)
        && configuration is { DropRate: 0, AttentionDropRate: 0 }
        && Enumerable.Range(0, configuration.StageCount).All(i =>
            configuration.ChannelsOf(i) % VectorMath.Lanes == 0
            && (int)(configuration.ChannelsOf(i) * configuration.MlpRatio) % VectorMath.Lanes == 0)
            ? new FusedBlocks(configuration, precision == ScalarType.BFloat16, threads)
            : null;

    /// <summary>Whether a network's precision and its parameters up to the last stage can be computed with.</summary>
    public bool Covers(SwinBackbone network)
    {
        return network.Precision == (_isBf16 ? ScalarType.BFloat16 : ScalarType.Float32)
            && (network.absolute_pos_embed is null || Fits(network.absolute_pos_embed))
            && network.Patches.parameters().All(Fits)
            && network.Stages.All(s => s.parameters().All(Fits));

        static bool Fits(Tensor parameter) =>
            parameter is { device_type: TorchSharp.DeviceType.CPU, dtype: ScalarType.Float32 } && parameter.is_contiguous();
    }

    /// <summary>The last stage's tokens, without gradients.</summary>
    /// <param name="network">A network of the shape; borrowed.</param>
    /// <param name="images"><c>[B, C, H, W]</c>, normalized; borrowed.</param>
    /// <returns><c>[B, H, W, C]</c>; the caller owns them.</returns>
    /// <exception cref="ArgumentException">The images have another shape.</exception>
    public Tensor Tokens(SwinBackbone network, Tensor images)
    {
        network.RequireImages(images);
        using var noGradient = no_grad();
        var fused = Covers(network) ? this : null;
        var tokens = Run(Embedding(network, images, fused), images);
        for (var i = 0; i < network.Stages.Count; i++)
        {
            foreach (var block in network.Stages[i].blocks) tokens = Run(Block(network, i, block, fused), tokens);
            if (Merging(network, i, fused) is { } merging) tokens = Run(merging, tokens);
        }

        return tokens;

        static Tensor Run(ITrainingPiece piece, Tensor input)
        {
            using (piece) return piece.Forward(input, checkpoint: true);
        }
    }

    /// <summary>The piece that makes images tokens.</summary>
    /// <param name="network">The network; borrowed.</param>
    /// <param name="images">What the piece will take; borrowed.</param>
    /// <param name="blocks">Computes it, if it can; <see langword="null"/> for libtorch's operators.</param>
    /// <param name="mask">The patches that are hidden, which the kernels do not know; <see langword="null"/> for none. Borrowed until the
    /// piece is disposed.</param>
    public static ITrainingPiece Embedding(SwinBackbone network, Tensor images, FusedBlocks? blocks, PatchMask? mask = null) =>
        mask is null && blocks?._embedding is { } kernels && EmbeddingKernels.Takes(images)
            ? new RecomputedPiece(i => kernels.Forward(network, i), (i, g) => kernels.Backward(network, i, g), isFirst: true)
            : new PlainPiece(network, i => network.Embed(i, mask), isFirst: true);

    /// <summary>The piece of a block.</summary>
    public static ITrainingPiece Block(SwinBackbone network, int stage, SwinBlock block, FusedBlocks? blocks) =>
        blocks is null ? new PlainPiece(network, block.call) : new FusedPiece(network, blocks._blocks, stage, block);

    /// <summary>The piece of the patch merging behind a stage; <see langword="null"/> where there is none.</summary>
    public static ITrainingPiece? Merging(SwinBackbone network, int stage, FusedBlocks? blocks)
    {
        if (network.Stages[stage].downsample is not { } merging) return null;
        if (blocks is null) return new PlainPiece(network, merging.forward);
        var kernels = blocks._merging[stage];
        return new RecomputedPiece(t => kernels.Forward(merging, t), (t, g) => kernels.Backward(merging, t, g));
    }

    public void Dispose()
    {
        foreach (var merging in _merging) merging.Dispose();
        _embedding?.Dispose();
        _blocks.Dispose();
        _work.Dispose();
    }
}
