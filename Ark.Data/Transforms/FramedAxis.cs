namespace Ark.Data;

/// <summary>What is left of the rows or columns of a picture that was resized and moved, and where.</summary>
/// <param name="From">The first that is taken.</param>
/// <param name="Taken">How many are taken, at least one.</param>
/// <param name="To">Where they begin.</param>
/// <param name="Length">How many they become, at least one.</param>
internal readonly record struct FramedAxis(int From, int Taken, int To, int Length)
{
    /// <summary>Draws a place: anywhere within, or with no gap where the picture is the larger.</summary>
    /// <param name="side">Rows or columns.</param>
    /// <param name="scale">What becomes of them.</param>
    /// <param name="random">Draws.</param>
    public static FramedAxis Draw(int side, double scale, RandomStream random)
    {
        var length = Math.Max(1, (int)Math.Round(scale * side));
        var offset = (int)Math.Floor(random.Uniform(0, 1) * (Math.Abs(side - length) + 1));
        if (length <= side) return new FramedAxis(0, side, Math.Min(offset, side - length), length);
        var taken = Math.Max(1, (int)Math.Round(side / scale));
        return new FramedAxis((int)Math.Min(side - taken, offset / scale), taken, 0, side);
    }

    /// <summary>The row or column that lies under the middle of one of the result.</summary>
    public int Under(int place) => From + (int)((place + 0.5) * Taken / Length);
}
