using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace Ark.Models;

/// <summary>Images cut into patches, each a row as the convolution's weights take it: channel by channel, line by line.</summary>
/// <remarks>Rests on: images that are dense, in single precision, of this shape.</remarks>
/// <param name="Channels">Channels of an image.</param>
/// <param name="Height">Its height; a multiple of the patch's side.</param>
/// <param name="Width">Its width, likewise.</param>
/// <param name="Patch">The patch's side.</param>
internal readonly unsafe record struct PatchRows(int Channels, int Height, int Width, int Patch)
{
    /// <summary>Those of a network.</summary>
    public static PatchRows Of(SwinConfiguration configuration) =>
        new(configuration.InputChannels, configuration.ImageHeight, configuration.ImageWidth, configuration.PatchSize);

    /// <summary>Patches of an image.</summary>
    public int Tokens => Height / Patch * (Width / Patch);

    /// <summary>Numbers of a patch.</summary>
    public int Depth => Channels * Patch * Patch;

    /// <summary>Copies a patch.</summary>
    /// <param name="pixels">The images, <c>[B, C, H, W]</c>.</param>
    /// <param name="token">The number of the patch, counted through all images.</param>
    /// <param name="to">Receives <see cref="Depth"/> numbers.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Gather(NativeRegion pixels, int token, float* to)
    {
        var (image, within) = Math.DivRem(token, Tokens);
        var (row, column) = Math.DivRem(within, Width / Patch);
        Debug.Assert(pixels.Holds(image + 1, (long)Channels * Height * Width), "The patch is within the images.");
        for (var channel = 0; channel < Channels; channel++)
        {
            var from = pixels.Floats + (((((nint)image * Channels) + channel) * Height + (row * Patch)) * Width) + (column * Patch);
            for (var line = 0; line < Patch; line++)
            {
                for (var i = 0; i < Patch; i++) to[i] = from[i];
                to += Patch;
                from += Width;
            }
        }
    }
}
