namespace Ark.Models;

/// <summary>Whose names and nesting a weight file has.</summary>
public enum WeightLayout
{
    /// <summary>
    /// The Microsoft Swin repository and timm 0.5.4: Ark's names, without projector and dataset heads; Microsoft nests them under
    /// <c>model</c>.
    /// </summary>
    Swin,

    /// <summary>timm 0.9 and newer: patch mergings one stage on, the classifier as <c>head.fc</c>, no masks and indices.</summary>
    Timm,

    /// <summary>Ark and Ark+: the names of both, with <c>projector</c> and <c>omni_heads</c>.</summary>
    Ark,
}
