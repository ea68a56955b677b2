using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Ark.Models;

/// <summary>Blocks of one resolution, every second one shifted, and the patch merging that leads to the next stage.</summary>
internal sealed class SwinStage : nn.Module<Tensor, Tensor>
{
    internal readonly ModuleList<SwinBlock> blocks;
    internal readonly PatchMerging? downsample;

    public SwinStage(SwinConfiguration configuration, int stage, ReadOnlySpan<float> dropPathRates, DropPathSource source, Device? device)
        : base(nameof(SwinStage))
    {
        blocks = new ModuleList<SwinBlock>();
        for (var i = 0; i < dropPathRates.Length; i++)
            blocks.Add(new SwinBlock(configuration, stage, shifted: i % 2 == 1, new DropPath(dropPathRates[i], source), device));
        downsample = stage < configuration.StageCount - 1 ? new PatchMerging(configuration.ChannelsOf(stage), device) : null;
        register_module(nameof(blocks), blocks);
        if (downsample is not null) register_module(nameof(downsample), downsample);
    }

    /// <inheritdoc cref="SwinBackbone.Precision"/>
    internal ScalarType Precision
    {
        set
        {
            foreach (var block in blocks) block.Precision = value;
            downsample?.Precision = value;
        }
    }

    public override Tensor forward(Tensor tokens)
    {
        using var scope = NewDisposeScope();
        return Merge(RunBlocks(tokens)).MoveToOuterDisposeScope();
    }

    /// <summary>The tokens behind the last block, before any merging; the caller owns them.</summary>
    public Tensor RunBlocks(Tensor tokens)
    {
        using var scope = NewDisposeScope();
        var x = tokens;
        foreach (var block in blocks)
        {
            var next = block.call(x);
            if (!ReferenceEquals(x, tokens)) x.Dispose();
            x = next;
        }

        return x.MoveToOuterDisposeScope();
    }

    /// <summary>The tokens that the next stage takes; of the last stage they are <paramref name="tokens"/> themselves.</summary>
    public Tensor Merge(Tensor tokens) => downsample is null ? tokens : downsample.forward(tokens);

    public void Initialize(Generator? generator)
    {
        foreach (var block in blocks) block.Initialize(generator);
        downsample?.Initialize(generator);
    }
}
