namespace Ark.Models;

/// <summary>The gradients of a block's parameters.</summary>
/// <param name="block">The block.</param>
internal sealed class BlockGradients(SwinBlock block)
{
    public LayerGradients Norm1 { get; } = new(block.norm1.weight!, block.norm1.bias, zero: true);

    public LayerGradients Qkv { get; } = new(block.attn.qkv.weight!, block.attn.qkv.bias);

    /// <summary>Of the table of relative positions; it is added to.</summary>
    public NativeRegion Table { get; } = LayerGradients.Of(block.attn.relative_position_bias_table, zero: true).Memory;

    public LayerGradients Proj { get; } = new(block.attn.proj.weight!, block.attn.proj.bias);

    public LayerGradients Norm2 { get; } = new(block.norm2.weight!, block.norm2.bias, zero: true);

    public LayerGradients Fc1 { get; } = new(block.mlp.fc1.weight!, block.mlp.fc1.bias);

    public LayerGradients Fc2 { get; } = new(block.mlp.fc2.weight!, block.mlp.fc2.bias);
}
