namespace Ark.Data;

/// <summary>Reads a label array <c>[N, L]</c> or <c>[N]</c> into targets.</summary>
internal static class NpzLabels
{
    private const int MaxLabels = 4096;
    private const long MaxValues = 16 << 20;

    /// <summary>Reads an array.</summary>
    /// <param name="archive">The archive.</param>
    /// <param name="key">The array.</param>
    /// <param name="labels">What the values mean.</param>
    /// <returns>One target per row.</returns>
    /// <exception cref="ArkInputException">The array is malformed or does not fit the labels.</exception>
    public static float[][] Read(NpzArchive archive, string key, LabelSchema labels)
    {
        using var array = archive.OpenArray(key);
        var header = array.Header;
        if (header.Shape.Count is not (1 or 2))
            throw array.Error($"the shape {header.ShapeText} is not that of labels, expected (N, L) or (N,)");
        var columns = header.Shape.Count == 2 ? header.Shape[1] : 1;
        // Of an unlabeled set the array says how many images there are, and nothing else.
        var expected = labels.Task switch { LabelTask.MultiLabel => labels.Count, LabelTask.Unlabeled => 0, _ => 1 };
        if (header.Kind is 'U' or 'S') throw array.Error("the dtype is unsupported for labels, expected numbers");
        if (header.Shape[0] == 0) throw array.Error("the array is empty");
        if (columns != expected && expected > 0)
            throw array.Error($"the shape {header.ShapeText} has {columns} label(s) a row, expected {expected}");
        if (columns > MaxLabels || header.Count > MaxValues) throw array.Error($"the shape {header.ShapeText} is too large for labels");
        var rows = (int)header.Shape[0];
        var raw = new byte[header.DataLength];
        array.Read(raw);
        array.Finish();
        var targets = new float[rows][];
        for (var n = 0; n < rows; n++)
        {
            targets[n] = new float[labels.Count];
            for (var k = 0; k < expected; k++)
            {
                var at = header.FortranOrder ? ((long)k * rows) + n : ((long)n * expected) + k;
                var value = NpyElements.ToDouble(raw.AsSpan(checked((int)(at * header.ElementSize)), header.ElementSize), header);
                if (labels.Task == LabelTask.MultiClass)
                {
                    if (value != Math.Floor(value) || value < 0 || value >= labels.Count) throw Error(n, value, $"0 to {labels.Count - 1}");
                    targets[n][(int)value] = 1;
                }
                else
                {
                    if (value is not (0 or 1)) throw Error(n, value, "0 to 1, whole");
                    targets[n][k] = (float)value;
                }
            }
        }

        return targets;

        ArkInputException Error(int row, double value, string range) =>
            array.Error(FormattableString.Invariant($"the label of row {row} is {value}, out of the range {range}"));
    }
}
