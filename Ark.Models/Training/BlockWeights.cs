namespace Ark.Models;

/// <summary>The parameters of a block, but for its table of relative positions.</summary>
internal sealed class BlockWeights(SwinBlock block)
{
    public LayerWeights Norm1 { get; } = new(block.norm1.weight!, block.norm1.bias);

    public LayerWeights Qkv { get; } = new(block.attn.qkv.weight!, block.attn.qkv.bias);

    public LayerWeights Proj { get; } = new(block.attn.proj.weight!, block.attn.proj.bias);

    public LayerWeights Norm2 { get; } = new(block.norm2.weight!, block.norm2.bias);

    public LayerWeights Fc1 { get; } = new(block.mlp.fc1.weight!, block.mlp.fc1.bias);

    public LayerWeights Fc2 { get; } = new(block.mlp.fc2.weight!, block.mlp.fc2.bias);
}
