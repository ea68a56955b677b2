using Ark.Data;

namespace Ark.Inference;

/// <summary>Which transform belongs to which use.</summary>
internal static class Transforms
{
    public static IImageTransform Evaluation(string normalization, int size) => new EvaluationTransform(size, size, Named(normalization));

    public static IImageTransform TenCrop(string normalization, int size) => new TenCropTransform(size, size, Named(normalization));

    public static Normalization Named(string normalization) => normalization switch
    {
        "chestx-ray" => Normalization.ChestXray,
        "none" => Normalization.None,
        "imagenet" => Normalization.ImageNet,
        _ => throw new ArkInputException("model", "normalization", $"'{normalization}' is unknown", "Known are imagenet, chestx-ray and none; a file of a newer version needs a newer Ark."),
    };
}
