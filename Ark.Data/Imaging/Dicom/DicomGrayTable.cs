namespace Ark.Data;

/// <summary>
/// What grey each stored value has: modality table or rescale, then the values of interest (table or window; where there is neither, the
/// whole stored range is spread), then MONOCHROME1 inverted.
/// </summary>
internal static class DicomGrayTable
{
    /// <summary>Builds the table.</summary>
    /// <param name="data">The data set.</param>
    /// <param name="pixels">Its layout.</param>
    /// <returns>One grey per pattern of the stored bits.</returns>
    public static byte[] Build(DicomDataSet data, DicomPixels pixels)
    {
        var table = new byte[1 << pixels.Stored];
        var modality = Modality(data, pixels, out var low, out var high);
        var interest = Interest(data, pixels, low, high);
        var invert = pixels.Photometric == "MONOCHROME1";
        for (var i = 0; i < table.Length; i++)
        {
            var light = Math.Clamp(interest(modality(Value(i, pixels))), 0, 1);
            var grey = (byte)Math.Round(255 * light, MidpointRounding.ToEven);
            table[i] = invert ? (byte)(255 - grey) : grey;
        }

        return table;
    }

    private static int Value(int bits, DicomPixels pixels)
    {
        var sign = 1 << (pixels.Stored - 1);
        return pixels.IsSigned ? (bits ^ sign) - sign : bits;
    }

    private static Func<double, double> Modality(DicomDataSet data, DicomPixels pixels, out double low, out double high)
    {
        if (DicomLookup.Of(data, DicomTag.ModalityLutSequence, pixels.IsSigned) is { } table)
        {
            (low, high) = (0, table.White);
            return value => table[value];
        }

        double slope = 1, intercept = 0;
        foreach (var place in DicomGroups.Of(data, DicomTag.PixelValueTransformationSequence))
        {
            if (place.Decimal(DicomTag.RescaleSlope) is not { } found) continue;
            if (found == 0) throw place.Error(DicomTag.RescaleSlope, "the rescale slope is 0, which is invalid");
            (slope, intercept) = (found, place.Decimal(DicomTag.RescaleIntercept) ?? 0);
            break;
        }

        var first = Value(pixels.IsSigned ? 1 << (pixels.Stored - 1) : 0, pixels);
        var ends = ((first * slope) + intercept, ((first + (1 << pixels.Stored) - 1) * slope) + intercept);
        (low, high) = (Math.Min(ends.Item1, ends.Item2), Math.Max(ends.Item1, ends.Item2));
        return value => (value * slope) + intercept;
    }

    private static Func<double, double> Interest(DicomDataSet data, DicomPixels pixels, double low, double high)
    {
        // A table without a descriptor of its own sign looks up values that may be negative after the rescale.
        foreach (var place in DicomGroups.Of(data, DicomTag.FrameVoiLutSequence))
        {
            if (DicomLookup.Of(place, DicomTag.VoiLutSequence, pixels.IsSigned || low < 0) is not { } table) continue;
            return value => table[value] / (double)table.White;
        }

        if (DicomWindow.Of(data) is { } window) return window.Apply;
        return value => (value - low) / (high - low);
    }
}
