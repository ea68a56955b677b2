namespace Ark.Models;

/// <summary>A block's attention: its bias moves with each step, its masks never.</summary>
internal sealed class BlockAttention : IDisposable
{
    public BlockAttention(SwinBlock block, StageGeometry geometry, int heads)
    {
        Positions = WindowAttention.RelativePositions(geometry.Window);
        Kernel = new WindowAttentionKernel(block.attn, geometry.Window, block.Geometry.Shift, heads, geometry.Channels);
        Gradient = new WindowAttentionGradient(Kernel, geometry.Window, heads, geometry.Channels, Positions);
    }

    public long[] Positions { get; }

    public WindowAttentionKernel Kernel { get; }

    public WindowAttentionGradient Gradient { get; }

    public void Dispose() => Kernel.Dispose();
}
