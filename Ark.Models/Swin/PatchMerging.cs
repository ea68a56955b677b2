using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Ark.Models;

/// <summary>Joins each two by two tokens: <c>[B, H, W, C]</c> to <c>[B, H / 2, W / 2, 2 C]</c>.</summary>
internal sealed class PatchMerging : nn.Module<Tensor, Tensor>
{
    internal readonly Linear reduction;
    internal readonly LayerNorm norm;

    public PatchMerging(int channels, Device? device)
        : base(nameof(PatchMerging))
    {
        reduction = Layers.Linear(4 * channels, 2 * channels, bias: false, device);
        norm = Layers.Norm(4 * channels, device);
        register_module(nameof(reduction), reduction);
        register_module(nameof(norm), norm);
    }

    /// <summary>What the product computes in: the tokens' own type, or bfloat16.</summary>
    internal ScalarType Precision { get; set; } = ScalarType.Float32;

    public override Tensor forward(Tensor tokens)
    {
        using var scope = NewDisposeScope();
        var (height, width, channels) = (tokens.size(1) / 2, tokens.size(2) / 2, tokens.size(3));
        // The four neighbours stand in the order upper left, lower left, upper right, lower right.
        var joined = tokens.view(-1, height, 2, width, 2, channels).permute(0, 1, 3, 4, 2, 5).reshape(-1, height, width, 4 * channels);
        return reduction.Apply(norm.call(joined).In(Precision)).to(tokens.dtype).MoveToOuterDisposeScope();
    }

    public void Initialize(Generator? generator) => Initialization.Default(reduction, generator);
}
