namespace Ark.Data;

/// <summary>A window of a DICOM file: which values are spread from black to white (PS3.3 C.11.2.1.2 and C.11.2.1.3).</summary>
internal sealed class DicomWindow
{
    private const int MaxWindows = 64;

    private readonly double _center;
    private readonly double _width;
    private readonly string _function;

    private DicomWindow(double center, double width, string function) => (_center, _width, _function) = (center, width, function);

    /// <summary>
    /// The first window of a data set or its functional groups, or <see langword="null"/>. One without a width is passed over, and one
    /// below 1, which LINEAR cannot have, is meant exactly: viewers do both.
    /// </summary>
    public static DicomWindow? Of(DicomDataSet data)
    {
        foreach (var place in DicomGroups.Of(data, DicomTag.FrameVoiLutSequence))
        {
            for (var i = 0; i < MaxWindows; i++)
            {
                if (place.Decimal(DicomTag.WindowCenter, i) is not { } center || place.Decimal(DicomTag.WindowWidth, i) is not { } width)
                    break;
                var function = place.Text(DicomTag.VoiFunction).ToUpperInvariant() is { Length: > 0 } named ? named : "LINEAR";
                if (function is not ("LINEAR" or "LINEAR_EXACT" or "SIGMOID"))
                    throw place.Error(
                        DicomTag.VoiFunction, "the DICOM window has an unsupported function (known: LINEAR, LINEAR_EXACT, SIGMOID)");
                if (width > 0) return new DicomWindow(center, width, function == "LINEAR" && width < 1 ? "LINEAR_EXACT" : function);
            }
        }

        return null;
    }

    /// <summary>Where a value lies between black (0) and white (1).</summary>
    public double Apply(double value)
    {
        if (_function == "SIGMOID") return 1 / (1 + Math.Exp(-4 * (value - _center) / _width));
        var (center, width) = _function == "LINEAR" ? (_center - 0.5, _width - 1) : (_center, _width);
        if (value <= center - (width / 2)) return 0;
        return value > center + (width / 2) ? 1 : ((value - center) / width) + 0.5;
    }
}
