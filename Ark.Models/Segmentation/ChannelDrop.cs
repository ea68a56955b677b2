using static TorchSharp.torch;

namespace Ark.Models;

/// <summary>
/// Leaves whole channels of <c>[B, C, H, W]</c> out in training, as PyTorch's <c>Dropout2d</c> does, but draws from the network's own
/// stream, so that a run can go on from any step as if it had never stopped.
/// </summary>
internal sealed class ChannelDrop(double rate) : nn.Module<Tensor, Tensor>(nameof(ChannelDrop))
{
    public RandomStream Stream { get; set; } = new(0);

    public override Tensor forward(Tensor features)
    {
        if (!training || rate == 0) return features.alias();
        var factors = new float[features.size(0) * features.size(1)];
        for (var i = 0; i < factors.Length; i++) factors[i] = Stream.Chance(rate) ? 0 : (float)(1 / (1 - rate));
        using var mask = tensor(factors, [features.size(0), features.size(1), 1, 1], features.dtype, features.device);
        return features.mul(mask);
    }
}
