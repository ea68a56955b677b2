namespace Ark.Phantom;

/// <summary>
/// The thorax as it is during one picture: a patient's build, breathed in, changed by those findings that change its shape.
/// Outlines are closed formulas of height and distance from the midline, so a ray's path through each part needs no search.
/// </summary>
internal sealed class Thorax
{
    private const float ApexShare = 0.34f;
    private const float WidestShare = 0.72f;
    private readonly float _flatness;

    /// <summary>Shapes the thorax.</summary>
    /// <param name="anatomy">The patient.</param>
    /// <param name="pose">The pose.</param>
    /// <param name="findings">What the picture shows.</param>
    /// <param name="shape">The picture's stream for shapes.</param>
    public Thorax(Anatomy anatomy, Pose pose, IReadOnlySet<PhantomFinding> findings, RandomStream shape)
    {
        Anatomy = anatomy;
        var hyperinflation = shape.Uniform(0.45, 0.9);
        var large = shape.Uniform(0.53, 0.64);
        var lift = shape.Uniform(0.03, 0.085);
        var enlarged = findings.Contains(PhantomFinding.Cardiomegaly);
        var emphysema = findings.Contains(PhantomFinding.Emphysema) ? hyperinflation : 0;
        var fibrosis = findings.Contains(PhantomFinding.Fibrosis) ? 1 : 0;

        W = (float)(anatomy.LungHalfWidth * (1 + (0.04 * emphysema)));
        H = (float)(anatomy.LungHeight * pose.Inspiration * (1 + (0.10 * emphysema) - (0.04 * fibrosis)));
        Depth = (float)(anatomy.LungDepth * (0.94 + (0.06 * pose.Inspiration)) * (1 + (0.08 * emphysema)));
        LungAttenuation = (float)(anatomy.LungAttenuation * (1 - (0.38 * emphysema)) / (0.4 + (0.6 * pose.Inspiration)));
        VesselStrength = (float)(anatomy.VesselStrength * (1 - (0.45 * emphysema)));
        _flatness = (float)emphysema;

        // A collapse raises the dome on its side; the collapse itself is placed by its own stream, which starts with the same side.
        var (left, right) = (0.845, 0.845 - 0.025 - anatomy.DomeLift);
        AtelectasisSide = shape.Chance(0.5) ? 1 : -1;
        if (findings.Contains(PhantomFinding.Atelectasis))
        {
            if (AtelectasisSide > 0) left -= lift;
            else right -= lift;
        }

        DomeLeft = (float)(H * (left + (0.05 * emphysema)));
        DomeRight = (float)(H * (right + (0.05 * emphysema)));

        // The ratio is meant as it shows: in the AP view a healthy heart is magnified too.
        var healthy = anatomy.CardiothoracicRatio * (pose.View == PhantomView.Anteroposterior ? 1.06 : 1) * (1 - (0.1 * emphysema));
        CardiothoracicRatio = enlarged ? large : healthy;
        HeartZ = 3;
        var half = CardiothoracicRatio * W * pose.Magnification(0) / pose.Magnification(HeartZ);
        Heart = new HeartShape(
            half,
            anatomy.HeartOffset * half,
            (0.5 * (DomeLeft + DomeRight)) - (0.50 * half) + 0.6,
            anatomy.HeartTilt,
            Depth * (enlarged ? 0.36 : 0.31));
    }

    /// <summary>The patient.</summary>
    public Anatomy Anatomy { get; }

    /// <summary>The lungs' greatest half-width from the midline.</summary>
    public float W { get; }

    /// <summary>The lungs' height, apex to costophrenic angle.</summary>
    public float H { get; }

    /// <summary>The lungs' greatest depth.</summary>
    public float Depth { get; }

    /// <summary>The height of the left dome's top.</summary>
    public float DomeLeft { get; }

    /// <summary>The height of the right dome's top.</summary>
    public float DomeRight { get; }

    /// <summary>The lung's attenuation, per cm.</summary>
    public float LungAttenuation { get; }

    /// <summary>A factor on the vessels.</summary>
    public float VesselStrength { get; }

    /// <summary>The heart's width over the thorax' as projected.</summary>
    public double CardiothoracicRatio { get; }

    /// <summary>The heart.</summary>
    public HeartShape Heart { get; }

    /// <summary>The depth at which the heart's outline lies.</summary>
    public double HeartZ { get; }

    /// <summary>The side of a collapse: 1 left, -1 right.</summary>
    public int AtelectasisSide { get; }

    /// <summary>A lung's outer border.</summary>
    /// <param name="y">The height, 0 or below the apex.</param>
    /// <returns>The distance from the midline.</returns>
    public float Outer(float y)
    {
        var t = 1 - Math.Min(Math.Max(y, 0) / (WidestShare * H), 1);
        var low = Math.Max(0, (y / H) - WidestShare);
        return W * (ApexShare + ((1 - ApexShare) * MathF.Sqrt(1 - (t * t))) - (0.25f * low * low));
    }

    /// <summary>A lung's inner border beside the mediastinum, heart left aside.</summary>
    /// <param name="y">The height.</param>
    /// <param name="left">Whether the patient's left lung is meant.</param>
    /// <returns>The distance from the midline.</returns>
    public float Inner(float y, bool left)
    {
        var u = y / H;
        var t = 1 - Math.Min(Math.Max(u, 0) / 0.15f, 1);
        var border = (float)Anatomy.MediastinumHalfWidth;
        var middle = border + (((ApexShare * W) - border) * (1 - MathF.Sqrt(1 - (t * t))));
        var knob = left ? Bump(u, 0.29f, 0.06f) * (float)Anatomy.AorticKnob : Bump(u, 0.22f, 0.12f) * 0.3f;
        return middle + knob + (Bump(u, 0.42f, 0.12f) * 0.45f);
    }

    /// <summary>The diaphragm's surface.</summary>
    /// <param name="x">Distance from the midline, left positive.</param>
    /// <returns>The height of the dome above that point.</returns>
    public float Diaphragm(float x)
    {
        var top = x > 0 ? DomeLeft : DomeRight;
        var q = (Math.Abs(x) - (0.5f * W)) / (0.5f * W);
        var fall = q > 0 ? q * q * (0.75f + (0.25f * q * q)) : 0.45f * q * q;
        return top + ((H - top) * (1 - (0.45f * _flatness)) * fall);
    }

    /// <summary>A ray's path through a lung, the heart left aside.</summary>
    /// <param name="x">Distance from the midline, left positive.</param>
    /// <param name="y">The height.</param>
    /// <param name="above">Receives how far the point lies above the diaphragm's surface.</param>
    /// <returns>The path, 0 outside the lung.</returns>
    public float LungPath(float x, float y, out float above)
    {
        above = 0;
        if (y <= 0 || y > H * 1.05f) return 0;
        var ax = Math.Abs(x);
        var outer = Outer(y);
        if (ax >= outer) return 0;
        var inner = Inner(y, x > 0);
        if (ax <= inner) return 0;
        var d = 1 - Math.Min(y / (0.45f * H), 1);
        var depth = Depth * (0.42f + (0.58f * MathF.Sqrt(1 - (d * d))));
        var q = ax / outer;
        q *= q;
        var m = Math.Min((ax - inner) / 3.2f, 1);
        var path = depth * MathF.Sqrt(1 - (q * q)) * MathF.Sqrt(m * (2 - m));
        above = Diaphragm(x) - y;
        if (above >= 0) return path;

        // Behind the dome lung goes on: the dome is a ball's cap, and the ray loses the cap's chord.
        var cap = 2 * MathF.Sqrt(-above * (18 + above));
        return above < -9 ? 0 : Math.Max(0, path - (cap * path / depth * 1.1f));
    }

    private static float Bump(float u, float center, float width)
    {
        var t = (u - center) / width;
        t = 1 - (t * t);
        return t <= 0 ? 0 : t * t;
    }
}
