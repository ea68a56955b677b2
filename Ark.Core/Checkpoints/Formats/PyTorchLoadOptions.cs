namespace Ark;

/// <summary>How a weight file is read.</summary>
public sealed class PyTorchLoadOptions
{
    /// <summary>Whether the CRC-32 checksums of a zip file are compared; switch it off for files that were written without them.</summary>
    /// <value>Default: <see langword="true"/>.</value>
    public bool VerifyChecksums { get; init; } = true;

    /// <summary>
    /// Full names of further Python classes (<c>mypackage.config.Settings</c>) whose objects may be in the file. They become a
    /// <see cref="PickleRecord"/>: nothing of theirs is imported or run.
    /// </summary>
    /// <value>Default: none.</value>
    public IReadOnlyCollection<string> InertNames { get; init; } = [];

    /// <summary>
    /// What is taken off the names of the tensors of a file of any format, such as <c>model.backbone.</c>; tensors without it are left
    /// out. Empty for nothing.
    /// </summary>
    /// <value>
    /// The default, <see langword="null"/>, takes off what training frameworks put there (<c>module.</c>, <c>_orig_mod.</c>), and whatever
    /// stands before the names of a network that is recognized.
    /// </value>
    public string? StripPrefix { get; init; }
}
