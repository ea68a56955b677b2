using System.Runtime.InteropServices;

namespace Ark.Inference;

/// <summary>Where the network's input lies in the picture: the picture is resized to a square, and the centre of it is cut out.</summary>
/// <param name="Side">The side of the input.</param>
/// <param name="BeforeCrop">The side of the resized picture.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct ViewGeometry(int Side, int BeforeCrop)
{
    private int Margin => (int)Math.Round((BeforeCrop - Side) / 2.0);

    public static ViewGeometry Of(int side) => new(side, new Ark.Data.ViewSize(side, side).BeforeCrop.Width);

    /// <summary>Brings a grid over the input to the picture's pixels, straight between the cells' centres; 0 outside the input.</summary>
    /// <param name="grid">Row by row.</param>
    /// <param name="rows">Rows of the grid.</param>
    /// <param name="columns">Columns of the grid.</param>
    /// <param name="width">Columns of the picture.</param>
    /// <param name="height">Rows of the picture.</param>
    /// <param name="covered">The side of the input that the grid covers, which may be more than there is; <see langword="null"/> for the
    /// input's.</param>
    public float[] ToPicture(ReadOnlySpan<float> grid, int rows, int columns, int width, int height, int? covered = null)
    {
        double side = covered ?? Side;
        var result = new float[width * height];
        for (var y = 0; y < height; y++)
        {
            var inputY = ToInput(y, height);
            if (inputY < 0 || inputY >= Side) continue;
            for (var x = 0; x < width; x++)
            {
                var inputX = ToInput(x, width);
                if (inputX >= 0 && inputX < Side)
                    result[(y * width) + x] = (float)Between(grid, rows, columns, inputX / side * columns, inputY / side * rows);
            }
        }

        return result;
    }

    // The continuous coordinate in the input of a pixel's centre.
    private double ToInput(int pixel, int length) => ((pixel + 0.5) * BeforeCrop / length) - Margin;

    private static double Between(ReadOnlySpan<float> grid, int rows, int columns, double x, double y)
    {
        x = Math.Clamp(x - 0.5, 0, columns - 1);
        y = Math.Clamp(y - 0.5, 0, rows - 1);
        var (x0, y0) = ((int)x, (int)y);
        var (x1, y1) = (Math.Min(x0 + 1, columns - 1), Math.Min(y0 + 1, rows - 1));
        var (fx, fy) = (x - x0, y - y0);
        return (((grid[(y0 * columns) + x0] * (1 - fx)) + (grid[(y0 * columns) + x1] * fx)) * (1 - fy))
            + (((grid[(y1 * columns) + x0] * (1 - fx)) + (grid[(y1 * columns) + x1] * fx)) * fy);
    }
}
