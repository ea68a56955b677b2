namespace Ark.Training;

/// <summary>The published ways of pretraining: two that accrue knowledge from labels, and one that needs none.</summary>
public enum TrainingRecipe
{
    /// <summary>
    /// Ark (MICCAI 2023): swin_base at 224, SGD, the teacher sees the student's geometry without photometric change, the consistency weight
    /// grows from 0 to 0.5 along a cosine.
    /// </summary>
    Ark,

    /// <summary>
    /// Ark+ (Nature 2025): larger backbones, AdamW, cross-entropy on multi-class heads, the teacher sees the plain resized image, the
    /// consistency weight is (momentum − 0.9) × 5.
    /// </summary>
    ArkPlus,

    /// <summary>
    /// SimMIM (Xie et al., CVPR 2022): patches are hidden, and a linear decoder says their pixels; AdamW, crops of 0.67 at least, gradient
    /// clipped to 5, 100 epochs. Labels are not used. What comes out is a backbone to start from.
    /// </summary>
    SimMim,
}
