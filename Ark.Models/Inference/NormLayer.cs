using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using TorchSharp.Modules;

namespace Ark.Models;

/// <summary>Layer normalisation of rows; factors and offsets padded with zeros.</summary>
/// <remarks>Rests on: factors and offsets of as many numbers as the layer has channels, which are compared, and rows padded to a multiple
/// of sixteen.</remarks>
internal sealed unsafe class NormLayer : IDisposable
{
    private readonly NativeBuffer _factors;
    private readonly int _channels;

    /// <param name="norm">The layer; borrowed.</param>
    /// <param name="channels">How many channels the configuration gives it.</param>
    public NormLayer(LayerNorm norm, int channels)
    {
        _channels = channels;
        using var weight = SinglePrecision.Dense(norm.weight!, channels);
        using var bias = SinglePrecision.Dense(norm.bias!, channels);
        var padded = VectorMath.Pad(_channels);
        _factors = new NativeBuffer(2L * padded * sizeof(float));
        MemoryMarshal.Cast<byte, float>(weight.bytes).CopyTo(new Span<float>(_factors.Pointer, _channels));
        MemoryMarshal.Cast<byte, float>(bias.bytes).CopyTo(new Span<float>(_factors.Floats + padded, _channels));
    }

    /// <summary>Room for factors and offsets, which <see cref="Set"/> fills as often as they move.</summary>
    /// <param name="channels">How many channels.</param>
    public NormLayer(int channels)
    {
        _channels = channels;
        _factors = new NativeBuffer(2L * VectorMath.Pad(channels) * sizeof(float));
    }

    /// <summary>Takes over factors and offsets, as many as there are channels.</summary>
    public void Set(float* weight, float* bias)
    {
        new ReadOnlySpan<float>(weight, _channels).CopyTo(new Span<float>(_factors.Floats, _channels));
        new ReadOnlySpan<float>(bias, _channels).CopyTo(new Span<float>(_factors.Floats + VectorMath.Pad(_channels), _channels));
    }

    /// <summary>Normalises one row; the input is zero between its channels and the next multiple of 16, and so is the output.</summary>
    /// <param name="input">The row.</param>
    /// <param name="output">Single precision, or bfloat16; may be the input.</param>
    /// <param name="outputIsBf16">Which of them.</param>
    public void Row(float* input, void* output, bool outputIsBf16)
    {
        Debug.Assert(_factors.Holds(2, VectorMath.Pad(_channels)), "The layer is alive.");
        Debug.Assert(input is not null && output is not null, "There are rows.");
        if (KernelWidth.Is512) Row<Lanes16>(input, output, outputIsBf16);
        else if (KernelWidth.Is256) Row<Lanes8>(input, output, outputIsBf16);
        else Row<Lanes4>(input, output, outputIsBf16);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Row<T>(float* input, void* output, bool outputIsBf16) where T : unmanaged, ILanes<T>
    {
        var channels = _channels;
        var padded = VectorMath.Pad(channels);
        var sum = T.Zero;
        for (var i = 0; i < padded; i += T.Count) sum += T.Load(input + i);
        var center = T.Sum(sum) / channels;
        var mean = T.Create(center);
        var squares = T.Zero;
        var whole = channels / T.Count * T.Count;
        for (var i = 0; i < whole; i += T.Count)
        {
            var centered = T.Load(input + i) - mean;
            squares = T.MultiplyAdd(centered, centered, squares);
        }

        var square = T.Sum(squares);
        for (var i = whole; i < channels; i++) square += (input[i] - center) * (input[i] - center);
        var scale = T.Create((float)(1 / Math.Sqrt((square / channels) + Layers.Epsilon)));
        var weight = _factors.Floats;
        var bias = weight + padded;
        for (var i = 0; i < padded; i += T.Count)
        {
            var value = T.MultiplyAdd(
                (T.Load(input + i) - mean) * scale, T.Load(weight + i), T.Load(bias + i));
            if (outputIsBf16) value.StoreBf16((ushort*)output + i);
            else value.Store((float*)output + i);
        }
    }

    public void Dispose() => _factors.Dispose();
}
