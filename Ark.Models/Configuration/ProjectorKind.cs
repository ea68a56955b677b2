namespace Ark.Models;

/// <summary>What stands between the pooled features and the heads, and is compared between student and teacher.</summary>
public enum ProjectorKind
{
    /// <summary>Nothing: the heads take the pooled features.</summary>
    None,

    /// <summary>One linear layer.</summary>
    Linear,

    /// <summary>Linear, ReLU, Linear, as in the released models.</summary>
    Mlp,
}
