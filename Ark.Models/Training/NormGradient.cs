using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace Ark.Models;

/// <summary>The backward pass of layer normalization, row by row.</summary>
/// <remarks>Rests on: channels being a multiple of 16, and every row as long.</remarks>
internal static unsafe class NormGradient
{
    /// <summary>Adds one row's share of all three gradients.</summary>
    /// <param name="input">What was normalized.</param>
    /// <param name="outputGradient">The gradient with respect to the normalized row.</param>
    /// <param name="weight">The factors.</param>
    /// <param name="channels">Numbers of a row.</param>
    /// <param name="addTo">What the gradient with respect to the input is added to; <see langword="null"/> for nothing.</param>
    /// <param name="inputGradient">Receives the sum.</param>
    /// <param name="weightGradient">The gradient of the factors, which is added to.</param>
    /// <param name="biasGradient">The gradient of the offsets, which is added to.</param>
    public static void Row(
        float* input, float* outputGradient, float* weight, int channels, float* addTo, float* inputGradient, float* weightGradient,
        float* biasGradient)
    {
        Debug.Assert(channels % VectorMath.Lanes == 0, "Rows are whole vectors.");
        if (KernelWidth.Is512)
            Row<Lanes16>(input, outputGradient, weight, channels, addTo, inputGradient, weightGradient, biasGradient);
        else if (KernelWidth.Is256)
            Row<Lanes8>(input, outputGradient, weight, channels, addTo, inputGradient, weightGradient, biasGradient);
        else
            Row<Lanes4>(input, outputGradient, weight, channels, addTo, inputGradient, weightGradient, biasGradient);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Row<T>(
        float* input, float* outputGradient, float* weight, int channels, float* addTo, float* inputGradient, float* weightGradient,
        float* biasGradient)
        where T : unmanaged, ILanes<T>
    {
        var sum = T.Zero;
        for (var i = 0; i < channels; i += T.Count) sum += T.Load(input + i);
        var mean = T.Create(T.Sum(sum) / channels);
        var squares = T.Zero;
        for (var i = 0; i < channels; i += T.Count)
        {
            var centered = T.Load(input + i) - mean;
            squares = T.MultiplyAdd(centered, centered, squares);
        }

        var scale = T.Create((float)(1 / Math.Sqrt((T.Sum(squares) / channels) + Layers.Epsilon)));
        var (weighted, along) = (T.Zero, T.Zero);
        for (var i = 0; i < channels; i += T.Count)
        {
            var normed = (T.Load(input + i) - mean) * scale;
            var gradient = T.Load(outputGradient + i);
            T.MultiplyAdd(gradient, normed, T.Load(weightGradient + i)).Store(weightGradient + i);
            (gradient + T.Load(biasGradient + i)).Store(biasGradient + i);
            gradient *= T.Load(weight + i);
            weighted += gradient;
            along = T.MultiplyAdd(gradient, normed, along);
        }

        var (meanGradient, meanAlong) = (
            T.Create(T.Sum(weighted) / channels), T.Create(T.Sum(along) / channels));
        for (var i = 0; i < channels; i += T.Count)
        {
            var normed = (T.Load(input + i) - mean) * scale;
            var gradient = (T.Load(outputGradient + i) * T.Load(weight + i)) - meanGradient - (normed * meanAlong);
            T.MultiplyAdd(gradient, scale, addTo is null ? T.Zero : T.Load(addTo + i)).Store(inputGradient + i);
        }
    }
}
