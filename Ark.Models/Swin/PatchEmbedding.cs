using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Ark.Models;

/// <summary>Cuts images into patches and makes each a token: <c>[B, C, H, W]</c> to <c>[B, H / patch, W / patch, D]</c>.</summary>
internal sealed class PatchEmbedding : nn.Module<Tensor, Tensor>
{
    internal readonly PatchProjection proj;
    internal readonly LayerNorm? norm;
    private readonly int _channels;

    public PatchEmbedding(SwinConfiguration configuration, Device? device)
        : base(nameof(PatchEmbedding))
    {
        _channels = configuration.InputChannels;
        proj = new PatchProjection(configuration.InputChannels, configuration.EmbedDim, configuration.PatchSize, device);
        norm = configuration.PatchNorm ? Layers.Norm(configuration.EmbedDim, device) : null;
        register_module(nameof(proj), proj);
        if (norm is not null) register_module(nameof(norm), norm);
    }

    public override Tensor forward(Tensor images)
    {
        using var input = InputChannels.Fit(images, _channels);
        var tokens = proj.forward(input);
        if (norm is null) return tokens;
        using (tokens) return norm.forward(tokens);
    }

    public void Initialize(Generator? generator) => Initialization.Default(proj.weight, proj.bias, generator);
}

/// <summary>
/// A convolution whose stride is its kernel, computed as one matrix product over the patches: the weights are those of the convolution
/// <c>[D, C, patch, patch]</c>.
/// </summary>
internal sealed class PatchProjection : nn.Module<Tensor, Tensor>
{
    internal Parameter weight;
    internal Parameter bias;
    private readonly int _patch;

    public PatchProjection(int channels, int outputs, int patch, Device? device)
        : base(nameof(PatchProjection))
    {
        _patch = patch;
        weight = Layers.Parameter(device, outputs, channels, patch, patch);
        bias = Layers.Parameter(device, outputs);
        register_parameter(nameof(weight), weight);
        register_parameter(nameof(bias), bias);
    }

    public override Tensor forward(Tensor images)
    {
        using var scope = NewDisposeScope();
        var (batch, channels, rows, columns) = (images.size(0), images.size(1), images.size(2) / _patch, images.size(3) / _patch);
        var patches = images.view(batch, channels, rows, _patch, columns, _patch).permute(0, 2, 4, 1, 3, 5)
            .reshape(batch, rows, columns, channels * _patch * _patch);
        return nn.functional.linear(patches, weight.flatten(1), bias).MoveToOuterDisposeScope();
    }
}
