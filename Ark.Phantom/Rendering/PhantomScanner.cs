namespace Ark.Phantom;

/// <summary>A make of X-ray equipment: what it does to the same thorax.</summary>
public sealed record PhantomScanner
{
    /// <summary>A quiet flat-panel detector with 128 x 128 pixels.</summary>
    public static PhantomScanner Standard { get; } = new();

    /// <summary>Columns, 32 to 4096.</summary>
    /// <value>128 by default.</value>
    public int Width { get; init; } = 128;

    /// <summary>Rows, 32 to 4096.</summary>
    /// <value>128 by default.</value>
    public int Height { get; init; } = 128;

    /// <summary>The width of the picture at the detector, in cm.</summary>
    /// <value>43 by default.</value>
    public double FieldOfView { get; init; } = 43;

    /// <summary>The detected share of scattered photons, 0 to below 1; haze that flattens contrast.</summary>
    /// <value>0.3 by default.</value>
    public double Scatter { get; init; } = 0.3;

    /// <summary>Photons that an unshielded square of 1 mm would count; fewer make more noise.</summary>
    /// <value>6000 by default.</value>
    public double Photons { get; init; } = 6000;

    /// <summary>The steepness of the S-shaped grey curve; 0 is a straight line.</summary>
    /// <value>1.6 by default.</value>
    public double Contrast { get; init; } = 1.6;

    /// <summary>The exponent that is applied after the curve; above 1 darkens.</summary>
    /// <value>1 by default.</value>
    public double Gamma { get; init; } = 1;

    /// <summary>The strength of the unsharp mask, 0 for none.</summary>
    /// <value>0.5 by default.</value>
    public double Sharpening { get; init; } = 0.5;

    /// <summary>How far large differences of brightness are evened out, 0 (film) to below 1.</summary>
    /// <value>0.2 by default.</value>
    public double Equalization { get; init; } = 0.2;

    /// <summary>How much exposure and window vary between pictures, as a deviation in units of attenuation.</summary>
    /// <value>0.3 by default.</value>
    public double ExposureSpread { get; init; } = 0.3;

    /// <summary>The probability of a burnt-in side letter.</summary>
    /// <value>0.5 by default.</value>
    public double Markers { get; init; } = 0.5;

    /// <summary>The probability of a dark border left by the collimator.</summary>
    /// <value>0.1 by default.</value>
    public double Collimation { get; init; } = 0.1;
}
