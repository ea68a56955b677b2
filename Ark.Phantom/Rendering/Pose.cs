namespace Ark.Phantom;

/// <summary>How the patient stands before the detector in one picture. Angles in radians, lengths in cm.</summary>
internal sealed class Pose
{
    /// <summary>Draws a pose.</summary>
    /// <param name="view">The view.</param>
    /// <param name="random">The picture's stream.</param>
    public Pose(PhantomView view, RandomStream random)
    {
        View = view;
        var loose = view == PhantomView.Anteroposterior ? 1.7 : 1;
        Rotation = 0.035 * loose * PortableMath.Bell(random.NextUInt64());
        Tilt = view == PhantomView.Anteroposterior ? random.Uniform(-0.05, 0.32) : random.Uniform(-0.06, 0.08);
        Roll = 0.06 * loose * PortableMath.Bell(random.NextUInt64());
        ShiftX = 2.6 * loose * PortableMath.Bell(random.NextUInt64());
        ShiftY = 2.6 * loose * PortableMath.Bell(random.NextUInt64());
        Zoom = random.Uniform(0.8, 1.25);
        Inspiration = view == PhantomView.Anteroposterior ? random.Uniform(0.78, 0.97) : random.Uniform(0.9, 1.04);
        ScapulaX = view == PhantomView.Anteroposterior ? random.Uniform(9.5, 13) : random.Uniform(12.2, 16);
        SourceDistance = view == PhantomView.Anteroposterior ? random.Uniform(95, 120) : random.Uniform(170, 190);
        ArmsDown = random.Chance(view == PhantomView.Anteroposterior ? 0.6 : 0.2);
    }

    /// <summary>The view.</summary>
    public PhantomView View { get; }

    /// <summary>Turn about the body's long axis.</summary>
    public double Rotation { get; }

    /// <summary>Lean forwards or backwards: what lies in front moves up.</summary>
    public double Tilt { get; }

    /// <summary>Turn in the picture's plane.</summary>
    public double Roll { get; }

    /// <summary>Sideways displacement.</summary>
    public double ShiftX { get; }

    /// <summary>Displacement along the body.</summary>
    public double ShiftY { get; }

    /// <summary>A factor on the field of view.</summary>
    public double Zoom { get; }

    /// <summary>Depth of the breath: a factor on the lung's height.</summary>
    public double Inspiration { get; }

    /// <summary>The shoulder blades' distance from the midline.</summary>
    public double ScapulaX { get; }

    /// <summary>From the source to the detector.</summary>
    public double SourceDistance { get; }

    /// <summary>Whether the arms hang beside the chest.</summary>
    public bool ArmsDown { get; }

    /// <summary>The magnification of what lies at a depth.</summary>
    /// <param name="z">The depth, forward of the middle.</param>
    /// <returns>Above 1.</returns>
    public double Magnification(double z) => SourceDistance / (SourceDistance - (View == PhantomView.Anteroposterior ? 13 + z : 13 - z));
}
