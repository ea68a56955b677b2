namespace Ark.Inference;

/// <summary>When a host loads a model.</summary>
public enum ModelLoading
{
    /// <summary>When it is first asked for: the first caller waits, and learns what is wrong with the file.</summary>
    WhenAsked,

    /// <summary>While the host starts, with one forward through the network. A file that cannot be used ends the start.</summary>
    AtStart,

    /// <summary>
    /// From the host's start on, beside it, with one forward. A file that cannot be used is logged, and <see cref="ArkModelHealthCheck"/>
    /// tells it.
    /// </summary>
    InBackground,
}
