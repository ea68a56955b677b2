using static TorchSharp.torch;

namespace Ark.Models;

/// <summary>The stream from which all drop paths of one network draw; the network replaces it when it is seeded anew.</summary>
internal sealed class DropPathSource
{
    public RandomStream Stream { get; set; } = new(0);
}

/// <summary>Stochastic depth: leaves a residual branch out for some samples, and makes up for it in the others.</summary>
internal sealed class DropPath(float rate, DropPathSource source)
{
    public float Rate => rate;

    /// <summary><paramref name="shortcut"/> plus what is left of <paramref name="branch"/>, both <c>[B, H, W, C]</c>.</summary>
    public Tensor Add(Tensor shortcut, Tensor branch, bool training)
    {
        if (Draw(shortcut.size(0), training) is not { } drawn) return shortcut.Plus(branch);
        using var scales = tensor(drawn, [drawn.Length, 1, 1, 1], shortcut.dtype, shortcut.device);
        return addcmul(shortcut, branch, scales, KeptScalar.One);
    }

    /// <summary>Draws the factor of each sample's branch; <see langword="null"/> where none is left out.</summary>
    public float[]? Draw(long samples, bool training)
    {
        if (!training || rate == 0) return null;
        var uniform = new double[samples];
        for (var i = 0; i < uniform.Length; i++) uniform[i] = source.Stream.NextDouble();
        return Scales(uniform, rate);
    }

    /// <summary>For each sample's number, uniform in [0, 1), the factor of its branch: 0 or 1 / (1 - rate).</summary>
    internal static float[] Scales(ReadOnlySpan<double> uniform, float rate)
    {
        var keep = 1.0 - rate;
        var scales = new float[uniform.Length];
        for (var i = 0; i < scales.Length; i++) scales[i] = (float)(Math.Floor(keep + uniform[i]) / keep);
        return scales;
    }
}
