namespace Ark.Inference;

/// <summary>How a caller's image fared. Verdicts of a gate before the network will be further ones.</summary>
internal enum ServingOutcome
{
    /// <summary>The network's answer was given.</summary>
    Answered,

    /// <summary>The image cannot be used.</summary>
    Refused,

    /// <summary>The caller gave up, or the host was shut down.</summary>
    Cancelled,

    /// <summary>The network failed.</summary>
    Failed,
}
