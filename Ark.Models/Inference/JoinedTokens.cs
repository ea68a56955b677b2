using System.Diagnostics;
using System.Runtime.CompilerServices;
using static TorchSharp.torch;

namespace Ark.Models;

/// <summary>Which four neighbors become one token: upper left, lower left, upper right, lower right.</summary>
/// <remarks>Rests on: tokens of as many channels as <paramref name="Channels"/> says, from one row to the next a multiple of 16.</remarks>
/// <param name="Height">Rows of the tokens that come in; even.</param>
/// <param name="Width">Columns; even.</param>
/// <param name="Channels">Numbers of a token.</param>
internal readonly unsafe record struct JoinedTokens(int Height, int Width, int Channels)
{
    /// <summary>Those behind a stage.</summary>
    public static JoinedTokens Of(SwinConfiguration configuration, int stage)
    {
        var (height, width) = configuration.ResolutionOf(stage);
        return new(height, width, configuration.ChannelsOf(stage));
    }

    private nint Ld => VectorMath.Pad(Channels);

    /// <summary>How many tokens come out.</summary>
    /// <param name="tokens"><c>[B, H, W, C]</c>.</param>
    public int Count(Tensor tokens) => (int)(tokens.size(0) * Height * Width / 4);

    /// <summary>Joins four.</summary>
    /// <param name="tokens">Those that come in.</param>
    /// <param name="number">The number of what comes out, counted through all images.</param>
    /// <param name="to">Receives <c>4 C</c> numbers.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Gather(NativeRegion tokens, int number, float* to)
    {
        var upper = Upper(number, tokens);
        ReadOnlySpan<nint> four = [upper, upper + Width, upper + 1, upper + Width + 1];
        for (var i = 0; i < four.Length; i++)
            new ReadOnlySpan<float>(tokens.Floats + (four[i] * Ld), Channels).CopyTo(new Span<float>(to + (i * Channels), Channels));
    }

    /// <summary>Puts each of four where it came from.</summary>
    /// <param name="from"><c>4 C</c> numbers.</param>
    /// <param name="number">The number of the joined token, counted through all images.</param>
    /// <param name="tokens">Receives them.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Scatter(float* from, int number, NativeRegion tokens)
    {
        var upper = Upper(number, tokens);
        ReadOnlySpan<nint> four = [upper, upper + Width, upper + 1, upper + Width + 1];
        for (var i = 0; i < four.Length; i++)
            new ReadOnlySpan<float>(from + (i * Channels), Channels).CopyTo(new Span<float>(tokens.Floats + (four[i] * Ld), Channels));
    }

    private nint Upper(int number, NativeRegion tokens)
    {
        var (image, within) = Math.DivRem(number, Height * Width / 4);
        var (row, column) = Math.DivRem(within, Width / 2);
        var upper = ((nint)image * Height * Width) + (2 * row * Width) + (2 * column);
        Debug.Assert(tokens.Holds(upper + Width + 2, Ld), "The four are within the tokens.");
        return upper;
    }
}
