using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Ark.Models;

/// <summary>
/// Batch normalization over <c>[B, C, H, W]</c>, with the names, shapes and defaults of PyTorch's <c>BatchNorm2d</c>. TorchSharp's own
/// counts its batches with a scalar that a garbage collection may free while it is read (see <see cref="KeptScalar"/>): a training then
/// ends, at random, with an error of libtorch.
/// </summary>
internal sealed class BatchNorm : nn.Module<Tensor, Tensor>
{
    internal readonly Parameter weight;
    internal readonly Parameter bias;
    internal readonly Tensor running_mean;
    internal readonly Tensor running_var;
    internal readonly Tensor num_batches_tracked;

    public BatchNorm(int channels)
        : base(nameof(BatchNorm))
    {
        weight = Layers.Owned(nn.Parameter(ones(channels)));
        bias = Layers.Owned(nn.Parameter(zeros(channels)));
        running_mean = Layers.Owned(zeros(channels));
        running_var = Layers.Owned(ones(channels));
        num_batches_tracked = Layers.Owned(zeros([], ScalarType.Int64));
        register_parameter(nameof(weight), weight);
        register_parameter(nameof(bias), bias);
        register_buffer(nameof(running_mean), running_mean);
        register_buffer(nameof(running_var), running_var);
        register_buffer(nameof(num_batches_tracked), num_batches_tracked);
    }

    public override Tensor forward(Tensor features)
    {
        if (training) CountBatch();
        return nn.functional.batch_norm(features, running_mean, running_var, weight, bias, training);
    }

    /// <summary>
    /// In training, over values in float64: <c>[B, C]</c> or <c>[B, C, H, W]</c> to the same. Running statistics move as those of
    /// <see cref="forward"/> do.
    /// </summary>
    public Tensor InDoublePrecision(Tensor features)
    {
        using var scope = NewDisposeScope();
        var (mean, variance) = (running_mean.to(ScalarType.Float64), running_var.to(ScalarType.Float64));
        var normed = nn.functional.batch_norm(
            features, mean, variance, weight.to(ScalarType.Float64), bias.to(ScalarType.Float64), training: true);
        using (no_grad())
        {
            running_mean.copy_(mean);
            running_var.copy_(variance);
        }

        CountBatch();
        return normed.MoveToOuterDisposeScope();
    }

    private void CountBatch()
    {
        using var off = no_grad();
        num_batches_tracked.add_(KeptScalar.One, KeptScalar.One);
    }
}
