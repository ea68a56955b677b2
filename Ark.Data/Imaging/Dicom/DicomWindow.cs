namespace Ark.Data;

/// <summary>A window of a DICOM file: which values are spread from black to white (PS3.3 C.11.2.1.2 and C.11.2.1.3).</summary>
internal sealed class DicomWindow
{
    private readonly double _center;
    private readonly double _width;
    private readonly string _function;

    private DicomWindow(DicomDataSet data, double center, double width)
    {
        _center = center;
        _width = width;
        _function = data.Text(DicomTag.VoiFunction) is { Length: > 0 } function ? function : "LINEAR";
        if (_function is not ("LINEAR" or "LINEAR_EXACT" or "SIGMOID"))
            throw data.Error(DicomTag.VoiFunction, "the DICOM window has an unsupported function (known: LINEAR, LINEAR_EXACT, SIGMOID)");
        if (width < 1 && _function == "LINEAR") throw data.Error(DicomTag.WindowWidth, "the DICOM window has an invalid width: below 1");
        if (width <= 0) throw data.Error(DicomTag.WindowWidth, "the DICOM window has an invalid width: not above 0");
    }

    /// <summary>The first window of a data set or its functional groups, or <see langword="null"/>.</summary>
    public static DicomWindow? Of(DicomDataSet data)
    {
        foreach (var place in DicomGroups.Of(data, DicomTag.FrameVoiLutSequence))
        {
            if (place.Decimal(DicomTag.WindowCenter) is { } center && place.Decimal(DicomTag.WindowWidth) is { } width)
                return new DicomWindow(place, center, width);
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
