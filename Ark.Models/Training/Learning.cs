namespace Ark.Models;

/// <summary>Which parameters of a backbone ask for gradients, its last norm and classifier aside.</summary>
internal enum Learning
{
    /// <summary>None.</summary>
    Nothing,

    /// <summary>Some.</summary>
    Some,

    /// <summary>All.</summary>
    All,
}
