namespace Ark.Phantom;

/// <summary>What the phantom knows the outline of.</summary>
internal enum PhantomStructure
{
    /// <summary>
    /// The patient's left lung (right in the picture): the field above the diaphragm and beside heart and mediastinum, filled with air or
    /// not.
    /// </summary>
    LeftLung,

    /// <summary>The patient's right lung (left in the picture), as <see cref="LeftLung"/>.</summary>
    RightLung,

    /// <summary>The heart's silhouette.</summary>
    Heart,

    /// <summary>The patient's left clavicle.</summary>
    LeftClavicle,

    /// <summary>The patient's right clavicle.</summary>
    RightClavicle,

    /// <summary>The bony parts of all ribs on the patient's left, in front and behind.</summary>
    LeftRibs,

    /// <summary>The bony parts of all ribs on the patient's right, in front and behind.</summary>
    RightRibs,
}
