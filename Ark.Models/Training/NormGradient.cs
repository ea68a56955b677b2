using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

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
    /// <param name="addTo">What the gradient with respect to the input is added to.</param>
    /// <param name="inputGradient">Receives the sum.</param>
    /// <param name="weightGradient">The gradient of the factors, which is added to.</param>
    /// <param name="biasGradient">The gradient of the offsets, which is added to.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Row(
        float* input, float* outputGradient, float* weight, int channels, float* addTo, float* inputGradient, float* weightGradient,
        float* biasGradient)
    {
        Debug.Assert(channels % VectorMath.Lanes == 0, "Rows are whole vectors.");
        var sum = Vector512<float>.Zero;
        for (var i = 0; i < channels; i += VectorMath.Lanes) sum += Vector512.Load(input + i);
        var mean = Vector512.Create(Vector512.Sum(sum) / channels);
        var squares = Vector512<float>.Zero;
        for (var i = 0; i < channels; i += VectorMath.Lanes)
        {
            var centered = Vector512.Load(input + i) - mean;
            squares = Vector512.FusedMultiplyAdd(centered, centered, squares);
        }

        var scale = Vector512.Create((float)(1 / Math.Sqrt((Vector512.Sum(squares) / channels) + Layers.Epsilon)));
        var (weighted, along) = (Vector512<float>.Zero, Vector512<float>.Zero);
        for (var i = 0; i < channels; i += VectorMath.Lanes)
        {
            var normed = (Vector512.Load(input + i) - mean) * scale;
            var gradient = Vector512.Load(outputGradient + i);
            Vector512.FusedMultiplyAdd(gradient, normed, Vector512.Load(weightGradient + i)).Store(weightGradient + i);
            (gradient + Vector512.Load(biasGradient + i)).Store(biasGradient + i);
            gradient *= Vector512.Load(weight + i);
            weighted += gradient;
            along = Vector512.FusedMultiplyAdd(gradient, normed, along);
        }

        var (meanGradient, meanAlong) = (
            Vector512.Create(Vector512.Sum(weighted) / channels), Vector512.Create(Vector512.Sum(along) / channels));
        for (var i = 0; i < channels; i += VectorMath.Lanes)
        {
            var normed = (Vector512.Load(input + i) - mean) * scale;
            var gradient = (Vector512.Load(outputGradient + i) * Vector512.Load(weight + i)) - meanGradient - (normed * meanAlong);
            Vector512.FusedMultiplyAdd(gradient, scale, Vector512.Load(addTo + i)).Store(inputGradient + i);
        }
    }
}
