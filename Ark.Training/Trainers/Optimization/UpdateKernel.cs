using System.Diagnostics;
using System.Numerics;

namespace Ark.Training;

/// <summary>
/// One pass over the numbers of a parameter where libtorch's operators take four or more: PyTorch's updates, rounded where its operators
/// round.
/// </summary>
/// <remarks>Rests on: as many numbers being there at each address as the count says.</remarks>
internal static unsafe class UpdateKernel
{
    /// <summary>SGD with momentum: PyTorch's <c>SGD(nesterov=…)</c>.</summary>
    /// <param name="parameter">Moves.</param>
    /// <param name="gradient">Its gradient.</param>
    /// <param name="buffer">The momentum buffer, zeros before the first step.</param>
    /// <param name="count">How many numbers.</param>
    /// <param name="decay">Weight decay.</param>
    /// <param name="momentum">The momentum.</param>
    /// <param name="rate">The learning rate.</param>
    /// <param name="nesterov">Whether the gradient of the place where momentum leads is approximated.</param>
    public static void Sgd(
        float* parameter, float* gradient, float* buffer, int count, float decay, float momentum, float rate, bool nesterov)
    {
        Debug.Assert(count >= 0, "A piece has a length.");
        var i = 0;
        var (decays, momenta, rates) = (new Vector<float>(decay), new Vector<float>(momentum), new Vector<float>(-rate));
        for (; i <= count - Vector<float>.Count; i += Vector<float>.Count)
        {
            var p = Vector.Load(parameter + i);
            var g = Vector.Load(gradient + i);
            if (decay != 0) g = Vector.FusedMultiplyAdd(p, decays, g);
            var m = (Vector.Load(buffer + i) * momenta) + g;
            m.Store(buffer + i);
            Vector.FusedMultiplyAdd(nesterov ? Vector.FusedMultiplyAdd(m, momenta, g) : m, rates, p).Store(parameter + i);
        }

        for (; i < count; i++)
        {
            var g = decay != 0 ? MathF.FusedMultiplyAdd(parameter[i], decay, gradient[i]) : gradient[i];
            var m = (buffer[i] * momentum) + g;
            buffer[i] = m;
            parameter[i] = MathF.FusedMultiplyAdd(nesterov ? MathF.FusedMultiplyAdd(m, momentum, g) : m, -rate, parameter[i]);
        }
    }

    /// <summary>AdamW: PyTorch's <c>AdamW</c>.</summary>
    /// <param name="parameter">Moves.</param>
    /// <param name="gradient">Its gradient.</param>
    /// <param name="mean">The mean gradient.</param>
    /// <param name="square">The mean squared gradient.</param>
    /// <param name="count">How many numbers.</param>
    /// <param name="factors">The step's factors.</param>
    public static void AdamW(float* parameter, float* gradient, float* mean, float* square, int count, AdamFactors factors)
    {
        Debug.Assert(count >= 0, "A piece has a length.");
        var i = 0;
        for (; i <= count - Vector<float>.Count; i += Vector<float>.Count)
        {
            var g = Vector.Load(gradient + i);
            var m = Vector.FusedMultiplyAdd(g, new Vector<float>(factors.OwnMean), Vector.Load(mean + i) * factors.KeptMean);
            var s = (Vector.Load(square + i) * factors.KeptSquare) + (g * factors.OwnSquare * g);
            m.Store(mean + i);
            s.Store(square + i);
            var root = (Vector.SquareRoot(s) / new Vector<float>(factors.Root)) + new Vector<float>(factors.Epsilon);
            ((Vector.Load(parameter + i) * factors.KeptParameter) + (m * factors.Rate / root)).Store(parameter + i);
        }

        for (; i < count; i++)
        {
            var g = gradient[i];
            mean[i] = MathF.FusedMultiplyAdd(g, factors.OwnMean, mean[i] * factors.KeptMean);
            square[i] = (square[i] * factors.KeptSquare) + (g * factors.OwnSquare * g);
            var root = (MathF.Sqrt(square[i]) / factors.Root) + factors.Epsilon;
            parameter[i] = (parameter[i] * factors.KeptParameter) + (mean[i] * factors.Rate / root);
        }
    }

    /// <summary>A moving average: <c>t = m·t + (1 − m)·s</c>.</summary>
    /// <param name="follower">Moves.</param>
    /// <param name="followed">Is followed.</param>
    /// <param name="count">How many numbers.</param>
    /// <param name="momentum">m.</param>
    /// <param name="own">1 - m.</param>
    public static void Follow(float* follower, float* followed, int count, float momentum, float own)
    {
        Debug.Assert(count >= 0, "A piece has a length.");
        var i = 0;
        for (; i <= count - Vector<float>.Count; i += Vector<float>.Count)
            Vector.FusedMultiplyAdd(Vector.Load(followed + i), new Vector<float>(own), Vector.Load(follower + i) * momentum)
                .Store(follower + i);
        for (; i < count; i++) follower[i] = MathF.FusedMultiplyAdd(followed[i], own, follower[i] * momentum);
    }

    /// <summary>The sum of squares; the numbers are squared in double precision.</summary>
    public static double SquareSum(float* numbers, int count)
    {
        Debug.Assert(count >= 0, "A piece has a length.");
        var i = 0;
        var (low, high) = (Vector<double>.Zero, Vector<double>.Zero);
        for (; i <= count - Vector<float>.Count; i += Vector<float>.Count)
        {
            Vector.Widen(Vector.Load(numbers + i), out var first, out var second);
            low += first * first;
            high += second * second;
        }

        var sum = Vector.Sum(low + high);
        for (; i < count; i++) sum += (double)numbers[i] * numbers[i];
        return sum;
    }
}
