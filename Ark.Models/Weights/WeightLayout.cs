namespace Ark.Models;

/// <summary>Whose names and nesting a weight file has.</summary>
internal enum WeightLayout
{
    /// <summary>The Microsoft Swin repository and timm 0.5.4: our names, without projector and dataset heads; Microsoft nests them under <c>model</c>.</summary>
    Swin,

    /// <summary>timm 0.9 and newer: patch mergings one stage on, the classifier as <c>head.fc</c>, no masks and indices.</summary>
    Timm,

    /// <summary>Ark and Ark+: our names, with <c>projector</c> and <c>omni_heads</c>.</summary>
    Ark,
}
