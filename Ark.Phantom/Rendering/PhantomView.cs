namespace Ark.Phantom;

/// <summary>How the beam crosses the phantom.</summary>
public enum PhantomView
{
    /// <summary>From behind, standing, detector at the chest, source at 180 cm.</summary>
    Posteroanterior,

    /// <summary>
    /// From the front, often lying, detector at the back, source at about 105 cm: a magnified heart, shallower breath, shoulder blades over
    /// the lungs.
    /// </summary>
    Anteroposterior,
}
