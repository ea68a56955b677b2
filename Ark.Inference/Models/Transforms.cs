using Ark.Data;

namespace Ark.Inference;

/// <summary>Which transform belongs to which use.</summary>
internal static class Transforms
{
    public static IImageTransform Evaluation(Normalization normalization, int size) => new EvaluationTransform(size, size, normalization);

    public static IImageTransform TenCrop(Normalization normalization, int size) => new TenCropTransform(size, size, normalization);
}
