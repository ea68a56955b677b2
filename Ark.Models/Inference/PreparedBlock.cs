namespace Ark.Models;

/// <summary>A block's layers, prepared.</summary>
internal sealed class PreparedBlock : IDisposable
{
    public PreparedBlock(
        SwinBlock block, SwinConfiguration configuration, int stage, StreamedWeights? streamed, InferencePrecision precision)
    {
        var channels = configuration.ChannelsOf(stage);
        var heads = configuration.NumHeads[stage];
        var hidden = (int)(channels * configuration.MlpRatio);
        var (window, shift, _) = block.Geometry;
        Shift = shift;
        using var unfinished = new Unfinished();
        Norm1 = unfinished.Keep(new NormLayer(block.norm1, channels));
        // The queries come out scaled.
        Qkv = unfinished.Keep(PackedMatrix.Create(
            block.attn.qkv.weight!, block.attn.qkv.bias, [3L * channels, channels], streamed, precision, scaledColumns: channels,
            scale: MathF.Pow(channels / heads, -0.5f)));
        Attention = unfinished.Keep(new WindowAttentionKernel(block.attn, window, shift, heads, channels));
        Proj = unfinished.Keep(PackedMatrix.Create(
            block.attn.proj.weight!, block.attn.proj.bias, [channels, channels], streamed, precision));
        Norm2 = unfinished.Keep(new NormLayer(block.norm2, channels));
        Fc1 = unfinished.Keep(PackedMatrix.Create(block.mlp.fc1.weight!, block.mlp.fc1.bias, [hidden, channels], streamed, precision));
        Fc2 = unfinished.Keep(PackedMatrix.Create(block.mlp.fc2.weight!, block.mlp.fc2.bias, [channels, hidden], streamed, precision));
        unfinished.Finish();
    }

    public int Shift { get; }

    public NormLayer Norm1 { get; }

    public PackedMatrix Qkv { get; }

    public WindowAttentionKernel Attention { get; }

    public PackedMatrix Proj { get; }

    public NormLayer Norm2 { get; }

    public PackedMatrix Fc1 { get; }

    public PackedMatrix Fc2 { get; }

    public void Dispose()
    {
        foreach (var part in (ReadOnlySpan<IDisposable>)[Norm1, Qkv, Attention, Proj, Norm2, Fc1, Fc2]) part.Dispose();
    }
}
