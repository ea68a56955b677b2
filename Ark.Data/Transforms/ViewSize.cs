using System.Runtime.InteropServices;

namespace Ark.Data;

/// <summary>The size of a view, and of the picture from which the published code cuts it.</summary>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct ViewSize(int Width, int Height)
{
    /// <summary>256 for 224, and so in proportion: the published pair of "resize" and "crop" sizes.</summary>
    public ViewSize BeforeCrop => new(Enlarge(Width), Enlarge(Height));

    public int Pixels => checked(Width * Height);

    public static ViewSize Checked(int height, int width)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(height, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(width, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(height, 8192);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(width, 8192);
        return new(width, height);
    }

    /// <summary>Refuses a destination whose length is not that of the views.</summary>
    public void CheckDestination(ReadOnlySpan<float> destination, int views)
    {
        if (destination.Length != views * 3 * Pixels)
            throw new ArgumentException(
                $"Needs [{views}, 3, {Height}, {Width}] = {views * 3 * Pixels} values, got {destination.Length}.", nameof(destination));
    }

    private static int Enlarge(int side) => (int)Math.Round(side * 256.0 / 224);
}
