namespace Ark.Training;

/// <summary>What segmentation training lowers.</summary>
public enum SegmentationLoss
{
    /// <summary>Soft Dice of the whole batch, all structures taken together: the published one.</summary>
    Dice,

    /// <summary>Soft Dice of each structure, averaged, plus binary cross-entropy: better for thin structures beside large ones.</summary>
    DiceCrossEntropy,
}
