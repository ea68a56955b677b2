using static TorchSharp.torch;

namespace Ark.Models;

/// <summary>
/// Fits learnt positions to another window or image size by bicubic interpolation (half-pixel centres, a = -0.75), as the Microsoft and the
/// Ark+ code do.
/// </summary>
internal static class PositionTables
{
    private const string Bias = "relative_position_bias_table";
    private const string Absolute = "absolute_pos_embed";

    /// <summary>Whether a tensor of this name can be made from one of another size.</summary>
    /// <param name="name">The tensor.</param>
    /// <param name="from">Its size in the file: <c>[positions, heads]</c> or <c>[1, positions, channels]</c>, the positions of a
    /// square.</param>
    /// <param name="to">Its size in the model.</param>
    public static bool CanResize(string name, ReadOnlySpan<long> from, ReadOnlySpan<long> to)
    {
        if (from.Length != to.Length || from.Length is not (2 or 3) || from[^1] != to[^1] || from[^1] < 1) return false;
        if (IsNamed(name, Bias)) return from.Length == 2 && Side(from[0]) > 0 && Side(to[0]) > 0;
        return IsNamed(name, Absolute) && from.Length == 3 && from[0] == 1 && to[0] == 1 && Side(from[1]) > 0 && to[1] > 0;
    }

    /// <summary>Interpolates a bias table <c>[positions, heads]</c>.</summary>
    /// <param name="table">The table; borrowed.</param>
    /// <param name="positions">How many positions the result has, a square number.</param>
    public static Tensor ResizeBias(Tensor table, long positions)
    {
        using var scope = NewDisposeScope();
        var (from, to, heads) = (Side(table.size(0)), Side(positions), table.size(1));
        return Interpolate(table.t().reshape(1, heads, from, from), to, to)
            .view(heads, positions)
            .t()
            .contiguous()
            .MoveToOuterDisposeScope();
    }

    /// <summary>Interpolates absolute positions <c>[1, positions, channels]</c>.</summary>
    /// <param name="embedding">The positions of a square; borrowed.</param>
    /// <param name="height">Rows of the result.</param>
    /// <param name="width">Columns of the result.</param>
    public static Tensor ResizeAbsolute(Tensor embedding, long height, long width)
    {
        using var scope = NewDisposeScope();
        var (from, channels) = (Side(embedding.size(1)), embedding.size(2));
        var square = embedding.reshape(1, from, from, channels).permute(0, 3, 1, 2);
        return Interpolate(square, height, width)
            .permute(0, 2, 3, 1)
            .reshape(1, height * width, channels)
            .contiguous()
            .MoveToOuterDisposeScope();
    }

    /// <summary>Whether the name is that of absolute positions.</summary>
    public static bool IsAbsolute(string name) => IsNamed(name, Absolute);

    /// <summary>The side of a square of so many positions; 0 where there is none.</summary>
    public static long Side(long positions)
    {
        if (positions is < 1 or > 1L << 40) return 0;
        var side = (long)Math.Round(Math.Sqrt(positions));
        return side * side == positions ? side : 0;
    }

    private static Tensor Interpolate(Tensor images, long height, long width) =>
        nn.functional.interpolate(images.to(ScalarType.Float32), [height, width], mode: InterpolationMode.Bicubic, align_corners: false);

    private static bool IsNamed(string name, string last) => name == last || name.EndsWith("." + last, StringComparison.Ordinal);
}
