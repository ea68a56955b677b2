using System.Diagnostics;

namespace Ark.Models;

/// <summary>The sizes of a stage, and the order of its tokens window by window.</summary>
/// <remarks>Rests on: windows tiling the stage, so that each of its tokens has one place in the order.</remarks>
internal sealed unsafe class StageGeometry : IDisposable
{
    private readonly NativeBuffer _plain;
    private readonly NativeBuffer? _shifted;

    public StageGeometry(SwinConfiguration configuration, int stage)
    {
        (Height, Width) = configuration.ResolutionOf(stage);
        (Window, var shift) = configuration.WindowOf(stage);
        Channels = configuration.ChannelsOf(stage);
        Hidden = (int)(Channels * configuration.MlpRatio);
        _plain = Order(0);
        _shifted = shift > 0 ? Order(shift) : null;
    }

    public int Height { get; }

    public int Width { get; }

    public int Window { get; }

    public int Channels { get; }

    public int Hidden { get; }

    public int Tokens => Height * Width;

    public int WindowTokens => Window * Window;

    public int WindowRows => Height / Window;

    public int WindowColumns => Width / Window;

    /// <summary>For each row, window by window, the token of the image.</summary>
    public int* OrderOf(bool shifted) => (int*)(shifted ? _shifted! : _plain).Pointer;

    public void Dispose()
    {
        _plain.Dispose();
        _shifted?.Dispose();
    }

    private NativeBuffer Order(int shift)
    {
        Debug.Assert(Height % Window == 0 && Width % Window == 0, "Windows tile the stage.");
        var buffer = new NativeBuffer((long)Tokens * sizeof(int));
        var order = (int*)buffer.Pointer;
        for (var i = 0; i < Tokens; i++)
        {
            var (window, token) = Math.DivRem(i, WindowTokens);
            var (row, column) = (
                (window / WindowColumns * Window) + (token / Window), (window % WindowColumns * Window) + (token % Window));
            order[i] = ((row + shift) % Height * Width) + ((column + shift) % Width);
            Debug.Assert((uint)order[i] < (uint)Tokens, "The place is within the image.");
        }

        return buffer;
    }
}
