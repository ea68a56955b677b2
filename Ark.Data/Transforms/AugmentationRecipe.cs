namespace Ark.Data;

/// <summary>Which views are made, and from which working picture, in the publications.</summary>
internal enum AugmentationRecipe
{
    /// <summary>
    /// Ark (MICCAI 2023): the working picture has the network's size; the teacher sees the student's geometry with nearest-neighbour
    /// interpolation, without photometric change.
    /// </summary>
    Ark,

    /// <summary>
    /// Ark+ (Nature 2025): the working picture is 256/224 of the network's size; the teacher sees it whole, resized to the network's size.
    /// </summary>
    ArkPlus,

    /// <summary>
    /// SimMIM (CVPR 2022): one view, a random crop that is mirrored or not; the working picture is 256/224 of the network's size.
    /// </summary>
    SimMim,
}
