namespace Ark.Inference;

/// <summary>The two networks of Ark.</summary>
public enum ModelRole
{
    /// <summary>The network that gradients train.</summary>
    Student,

    /// <summary>The network that follows the student by moving average; it is the one to release and reuse.</summary>
    Teacher,
}
