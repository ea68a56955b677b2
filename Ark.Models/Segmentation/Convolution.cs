using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Ark.Models;

/// <summary>
/// A convolution of stride 1 that keeps the size of the map, with the names and shapes of PyTorch's. libtorch 2.10 computes convolutions of
/// 3 x 3 wrongly on a CPU, by as much as the values themselves, where channels are above 16 and no multiple of 16: on the way forward those
/// of the input, on the way back those of the output (its gradient of the input). Channels of zeros make up the number; they cost little
/// and change nothing.
/// </summary>
internal sealed class Convolution : nn.Module<Tensor, Tensor>
{
    private const long Whole = 16;

    // What libtorch computes with oneDNN however few images there are.
    private const long Large = 20_480;

    internal readonly Parameter weight;
    internal readonly Parameter? bias;
    private readonly long[] _padding;

    public Convolution(int inputs, int outputs, int kernel, bool hasBias)
        : base(nameof(Convolution))
    {
        weight = Layers.Parameter(device: null, outputs, inputs, kernel, kernel);
        bias = hasBias ? Layers.Parameter(device: null, outputs) : null;
        _padding = [kernel / 2, kernel / 2];
        register_parameter(nameof(weight), weight);
        if (bias is not null) register_parameter(nameof(bias), bias);
    }

    public override Tensor forward(Tensor features)
    {
        using var scope = NewDisposeScope();
        // A single small map would go to NNPACK, which says on standard error at every call that it does not know the CPU, and then to the
        // slowest of all ways.
        if (features.size(0) == 1 && features.NumberOfElements <= Large && features.device_type == TorchSharp.DeviceType.CPU)
            return Convolve(cat([features, features])).narrow(0, 0, 1).MoveToOuterDisposeScope();
        return Convolve(features).MoveToOuterDisposeScope();
    }

    private Tensor Convolve(Tensor features)
    {
        using var scope = NewDisposeScope();
        var (outputs, inputs) = (weight.size(0), weight.size(1));
        var (moreOutputs, moreInputs) = (Missing(outputs), Missing(inputs));
        // A kernel of one pixel is a matrix product, which is computed rightly.
        if (weight.size(2) == 1 || (moreOutputs == 0 && moreInputs == 0))
            return nn.functional.conv2d(features, weight, bias, padding: _padding).MoveToOuterDisposeScope();
        var kernel = nn.functional.pad(weight, [0, 0, 0, 0, 0, moreInputs, 0, moreOutputs]);
        var map = moreInputs == 0 ? features : nn.functional.pad(features, [0, 0, 0, 0, 0, moreInputs]);
        var offset = bias is null || moreOutputs == 0 ? bias : nn.functional.pad(bias, [0, moreOutputs]);
        return nn.functional.conv2d(map, kernel, offset, padding: _padding).narrow(1, 0, outputs).MoveToOuterDisposeScope();
    }

    /// <summary>He's initialisation, for what a ReLU follows, and no bias.</summary>
    public void Initialize(Generator? generator)
    {
        using var off = no_grad();
        weight.normal_(0, Math.Sqrt(2.0 / (weight.size(1) * weight.size(2) * weight.size(3))), generator);
        bias?.zero_().Dispose();
    }

    private static long Missing(long channels) => (Whole - (channels % Whole)) % Whole;
}
