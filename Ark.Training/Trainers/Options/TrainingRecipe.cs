namespace Ark.Training;

/// <summary>The two published ways of accruing knowledge.</summary>
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
}
