namespace Ark.Data;

/// <summary>How the teacher's view is made, and from which working picture, in the two publications.</summary>
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
}
