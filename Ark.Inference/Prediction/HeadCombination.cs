namespace Ark.Inference;

/// <summary>How the probabilities of several heads for one finding become one.</summary>
public enum HeadCombination
{
    /// <summary>Their mean.</summary>
    Mean,

    /// <summary>The highest.</summary>
    Max,
}
