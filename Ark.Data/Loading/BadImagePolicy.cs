namespace Ark.Data;

/// <summary>What a loader does with an image that cannot be read.</summary>
public enum BadImagePolicy
{
    /// <summary>Ends the reading with an error that names the image.</summary>
    Stop,

    /// <summary>Leaves the image out of its batch and reports it once.</summary>
    Skip,
}
