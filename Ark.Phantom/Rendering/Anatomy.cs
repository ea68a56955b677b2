namespace Ark.Phantom;

/// <summary>
/// One virtual patient's build, in cm. Axes: x to the patient's left (right in the picture), y down from the lung's apex, z forward.
/// </summary>
internal sealed class Anatomy
{
    /// <summary>Draws a build.</summary>
    /// <param name="random">The patient's stream.</param>
    public Anatomy(RandomStream random)
    {
        Female = random.Chance(0.5);
        var size = (Female ? 0.93 : 1.03) + random.Uniform(-0.07, 0.07);
        LungHalfWidth = (13.2 * size) + random.Uniform(-0.9, 0.9);
        LungHeight = (24.5 * size) + random.Uniform(-1.8, 1.8);
        LungDepth = 17 * size * random.Uniform(0.9, 1.1);
        Fat = random.Uniform(0, 1);
        WallWidth = 2.4 + (2.4 * Fat);
        WallDepth = 4.2 + (4.5 * Fat);
        Breast = Female ? random.Uniform(1, 4.5) : random.Uniform(0, 0.6);
        BreastHeight = random.Uniform(0.62, 0.78);
        NeckHalfWidth = (Female ? 5.2 : 6.0) + (1.2 * Fat);
        CardiothoracicRatio = random.Uniform(0.37, 0.452);
        HeartTilt = random.Uniform(0.45, 0.85);
        HeartOffset = random.Uniform(0.15, 0.4);
        MediastinumHalfWidth = random.Uniform(2.1, 3.0);
        AorticKnob = random.Uniform(0.3, 1.5);
        LungAttenuation = random.Uniform(0.040, 0.066);
        RibSlope = random.Uniform(7.0, 10.5);
        RibPitch = random.Uniform(2.15, 2.5);
        RibRadius = (Female ? 0.58 : 0.68) * random.Uniform(0.9, 1.12);
        BoneDensity = random.Uniform(0.75, 1.2);
        ClavicleTilt = random.Uniform(-0.8, 1.2);
        ScoliosisAmplitude = 0.45 * PortableMath.Bell(random.NextUInt64());
        ScoliosisPhase = random.Uniform(0, 6);
        VesselStrength = random.Uniform(0.75, 1.25);
        DomeLift = random.Uniform(-0.03, 0.05);
    }

    /// <summary>Whether the build is a woman's.</summary>
    public bool Female { get; }

    /// <summary>From the midline to the outer border of a lung at its widest.</summary>
    public double LungHalfWidth { get; }

    /// <summary>From apex to costophrenic angle in a full breath.</summary>
    public double LungHeight { get; }

    /// <summary>The lungs' depth along the beam where it is greatest.</summary>
    public double LungDepth { get; }

    /// <summary>0 lean to 1 stout.</summary>
    public double Fat { get; }

    /// <summary>The chest wall's thickness at the sides.</summary>
    public double WallWidth { get; }

    /// <summary>The chest wall's thickness along the beam, front and back together.</summary>
    public double WallDepth { get; }

    /// <summary>The breasts' greatest thickness.</summary>
    public double Breast { get; }

    /// <summary>The breasts' height as a share of the lung's.</summary>
    public double BreastHeight { get; }

    /// <summary>Half the neck's width.</summary>
    public double NeckHalfWidth { get; }

    /// <summary>The healthy heart's share of the thorax's width in a PA view.</summary>
    public double CardiothoracicRatio { get; }

    /// <summary>The heart axis' angle below the horizontal, in radians.</summary>
    public double HeartTilt { get; }

    /// <summary>How far the heart's centre lies left of the midline, as a share of its half-width.</summary>
    public double HeartOffset { get; }

    /// <summary>Half the width of the upper mediastinum.</summary>
    public double MediastinumHalfWidth { get; }

    /// <summary>How far the aortic arch bulges.</summary>
    public double AorticKnob { get; }

    /// <summary>The aerated lung's attenuation, per cm.</summary>
    public double LungAttenuation { get; }

    /// <summary>How far a middle rib falls from the spine to its front end.</summary>
    public double RibSlope { get; }

    /// <summary>The distance between ribs at the spine.</summary>
    public double RibPitch { get; }

    /// <summary>Half a rib's height.</summary>
    public double RibRadius { get; }

    /// <summary>A factor on all bone.</summary>
    public double BoneDensity { get; }

    /// <summary>How far the clavicle's outer end lies above its inner end.</summary>
    public double ClavicleTilt { get; }

    /// <summary>The spine's sideways curve.</summary>
    public double ScoliosisAmplitude { get; }

    /// <summary>Where the curve starts, in radians.</summary>
    public double ScoliosisPhase { get; }

    /// <summary>A factor on the lung vessels.</summary>
    public double VesselStrength { get; }

    /// <summary>How much higher the right dome stands than the left, as a share of the lung's height.</summary>
    public double DomeLift { get; }

    /// <summary>The spine's distance from the midline.</summary>
    /// <param name="y">The height.</param>
    /// <returns>In cm, to the left.</returns>
    public double SpineX(double y) => ScoliosisAmplitude * PortableMath.Sin((y * 0.18) + ScoliosisPhase);
}
