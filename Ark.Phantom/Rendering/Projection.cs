namespace Ark.Phantom;

/// <summary>Maps the thorax to pixels and back: turn, lean, central projection from the source, roll, shift, sampling.</summary>
internal sealed class Projection
{
    private readonly Pose _pose;
    private readonly double _centerY;
    private readonly double _cosRotation;
    private readonly double _sinRotation;
    private readonly double _cosRoll;
    private readonly double _sinRoll;

    /// <summary>Sets a projection up.</summary>
    /// <param name="pose">The pose.</param>
    /// <param name="scanner">The sampling.</param>
    /// <param name="centerY">The height that the beam's centre meets.</param>
    /// <param name="halfWidth">Half the lungs' width.</param>
    public Projection(Pose pose, PhantomScanner scanner, double centerY, double halfWidth)
    {
        _pose = pose;
        _centerY = centerY;
        Width = scanner.Width;
        Height = scanner.Height;

        // The radiographer opens the field until both chest walls are in it.
        var needed = (2.04 * ((halfWidth + Math.Abs(pose.ShiftX)) * pose.Magnification(0))) + 0.5;
        Pitch = Math.Max(scanner.FieldOfView * pose.Zoom, needed) / scanner.Width;
        _cosRotation = PortableMath.Cos(pose.Rotation);
        _sinRotation = PortableMath.Sin(pose.Rotation);
        _cosRoll = PortableMath.Cos(pose.Roll);
        _sinRoll = PortableMath.Sin(pose.Roll);
    }

    /// <summary>Columns.</summary>
    public int Width { get; }

    /// <summary>Rows.</summary>
    public int Height { get; }

    /// <summary>A pixel's size at the detector, in cm.</summary>
    public double Pitch { get; }

    /// <summary>Projects a point.</summary>
    /// <param name="x">To the patient's left.</param>
    /// <param name="y">Down.</param>
    /// <param name="z">Forward.</param>
    /// <returns>Column, row, and pixels per cm there; pixel centres are at whole numbers.</returns>
    public (float X, float Y, float Scale) Project(double x, double y, double z)
    {
        var scale = _pose.Magnification(z) / Pitch;
        var u = ((x * _cosRotation) + (z * _sinRotation) + _pose.ShiftX) * scale;
        var v = (y - (z * _pose.Tilt) - _centerY + _pose.ShiftY) * scale;
        return (
            (float)((u * _cosRoll) - (v * _sinRoll) + (0.5 * Width) - 0.5),
            (float)((u * _sinRoll) + (v * _cosRoll) + (0.5 * Height) - 0.5),
            (float)scale);
    }

    /// <summary>The plane at a depth, to be walked pixel by pixel.</summary>
    /// <param name="z">The depth.</param>
    /// <returns>The plane.</returns>
    public ProjectedPlane Plane(double z)
    {
        var scale = _pose.Magnification(z) / Pitch;
        var (cu, cv) = (0.5 - (0.5 * Width), 0.5 - (0.5 * Height));
        var (x0, y0) = ((cu * _cosRoll) + (cv * _sinRoll), (cv * _cosRoll) - (cu * _sinRoll));
        return new ProjectedPlane(
            (float)(((x0 / scale) - _pose.ShiftX - (z * _sinRotation)) / _cosRotation),
            (float)((y0 / scale) - _pose.ShiftY + _centerY + (z * _pose.Tilt)),
            (float)(_cosRoll / scale / _cosRotation),
            (float)(_sinRoll / scale / _cosRotation),
            (float)(-_sinRoll / scale),
            (float)(_cosRoll / scale));
    }
}
