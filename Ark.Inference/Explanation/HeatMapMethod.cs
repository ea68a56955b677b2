namespace Ark.Inference;

/// <summary>How a heat map is made.</summary>
public enum HeatMapMethod
{
    /// <summary>
    /// Grad-CAM on the last stage: where the features lie that raise the label's logit. One pass, coarse: a value for each token of the
    /// last stage.
    /// </summary>
    GradCam,

    /// <summary>
    /// Occlusion: how much the label's logit falls when a patch of the picture is covered with grey. Hundreds of passes, finer.
    /// </summary>
    Occlusion,
}
