using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Ark.Models;

/// <summary>Linear, ReLU, Linear: <c>[B, features]</c> to <c>[B, outputs]</c>.</summary>
internal sealed class MlpProjector : nn.Module<Tensor, Tensor>
{
    private readonly Linear _first;
    private readonly Linear _second;

    public MlpProjector(int features, int outputs, Device? device)
        : base(nameof(MlpProjector))
    {
        _first = Layers.Linear(features, outputs, bias: true, device);
        _second = Layers.Linear(outputs, outputs, bias: true, device);
        // Numbered as in the original's sequence, whose layer 1 is the activation.
        register_module("0", _first);
        register_module("2", _second);
    }

    // The components are registered above, under names that no field can have.
    protected override void RegisterComponents()
    {
    }

    public override Tensor forward(Tensor features)
    {
        using var scope = NewDisposeScope();
        return _second.forward(_first.forward(features).relu()).MoveToOuterDisposeScope();
    }
}
