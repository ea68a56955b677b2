using System.ComponentModel;

namespace Ark;

/// <summary>Which mean and deviation, in units of the full range, the pixels are normalized with.</summary>
/// <remarks>Files, configuration and the command line call the values <c>imagenet</c>, <c>chestx-ray</c> and <c>none</c>.</remarks>
[TypeConverter(typeof(NormalizationConverter))]
public enum Normalization
{
    /// <summary>
    /// ImageNet's, by channel: mean 0.485, 0.456, 0.406; deviation 0.229, 0.224, 0.225. What the released models were trained with.
    /// </summary>
    ImageNet,

    /// <summary>Those of chest radiographs in the published code: mean 0.5056, deviation 0.252 for every channel.</summary>
    ChestXray,

    /// <summary>None: pixels stay in [0, 1].</summary>
    None,
}
