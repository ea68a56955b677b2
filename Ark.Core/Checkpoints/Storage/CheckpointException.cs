namespace Ark;

/// <summary>
/// A weight file was refused: it is damaged, of an unknown format, asks for something that is not allowed, or does not fit the model.
/// The message names the file, the entry and the reason.
/// </summary>
public sealed class CheckpointException : ArkInputException
{
    /// <summary>Creates the exception.</summary>
    /// <param name="source">The file, as the user named it.</param>
    /// <param name="place">The entry, byte or tensor; <see langword="null"/> for the whole file.</param>
    /// <param name="problem">What is wrong, without a final full stop.</param>
    /// <param name="hint">What to do about it, as a sentence; <see langword="null"/> where the problem says it.</param>
    /// <param name="innerException">The cause, if another exception brought this one about.</param>
    public CheckpointException(string source, string? place, string problem, string? hint = null, Exception? innerException = null)
        : base(source, place, problem, hint, innerException)
    {
    }
}
