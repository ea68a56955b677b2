namespace Ark.Phantom;

/// <summary>
/// What the phantom can show. The names follow the public datasets; the pictures only imitate how the finding attenuates X-rays.
/// </summary>
public enum PhantomFinding
{
    /// <summary>A plate or wedge of collapsed lung, with a raised diaphragm on its side.</summary>
    Atelectasis,

    /// <summary>A heart wider than half the thorax (cardiothoracic ratio of the masks above 0.5).</summary>
    Cardiomegaly,

    /// <summary>A patch of lung filled with fluid, with soft borders.</summary>
    Consolidation,

    /// <summary>A haze around both hila, with thickened vessels.</summary>
    Edema,

    /// <summary>Large, dark lungs over flat diaphragms, with a narrow heart.</summary>
    Emphysema,

    /// <summary>A net of bright lines in the outer and lower lung.</summary>
    Fibrosis,

    /// <summary>A solid, lobulated lump of 5 to 7 cm, and its bulges.</summary>
    Mass,

    /// <summary>Four to nine solid, round spots of at most 3 cm.</summary>
    Nodule,

    /// <summary>Fluid in the costophrenic angle that rises towards the chest wall.</summary>
    PleuralEffusion,

    /// <summary>Air without vessels between the chest wall and a thin pleural line.</summary>
    Pneumothorax,
}
