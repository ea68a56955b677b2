using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
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
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Row(float* input, void* output, bool outputIsBf16)
    {
        Debug.Assert(_factors.Holds(2, VectorMath.Pad(_channels)), "The layer is alive.");
        Debug.Assert(input is not null && output is not null, "There are rows.");
        var channels = _channels;
        var padded = VectorMath.Pad(channels);
        var sum = Vector512<float>.Zero;
        for (var i = 0; i < padded; i += VectorMath.Lanes) sum += Vector512.Load(input + i);
        var mean = Vector512.Create(Vector512.Sum(sum) / channels);
        var squares = Vector512<float>.Zero;
        var whole = channels / VectorMath.Lanes * VectorMath.Lanes;
        for (var i = 0; i < whole; i += VectorMath.Lanes)
        {
            var centerd = Vector512.Load(input + i) - mean;
            squares = Vector512.FusedMultiplyAdd(centerd, centerd, squares);
        }

        var square = Vector512.Sum(squares);
        for (var i = whole; i < channels; i++) square += (input[i] - mean[0]) * (input[i] - mean[0]);
        var scale = Vector512.Create((float)(1 / Math.Sqrt((square / channels) + Layers.Epsilon)));
        var weight = _factors.Floats;
        var bias = weight + padded;
        for (var i = 0; i < padded; i += VectorMath.Lanes)
        {
            var value = Vector512.FusedMultiplyAdd(
                (Vector512.Load(input + i) - mean) * scale, Vector512.Load(weight + i), Vector512.Load(bias + i));
            if (outputIsBf16) VectorMath.StoreBf16(value, (ushort*)output + i);
            else value.Store((float*)output + i);
        }
    }

    public void Dispose() => _factors.Dispose();
}
