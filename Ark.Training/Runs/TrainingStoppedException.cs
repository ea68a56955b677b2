namespace Ark.Training;

/// <summary>
/// A run had to stop through no fault of its input: the loss exploded, or the run directory could not be written. The message is one line
/// that says what happened, which state is kept, and how to go on.
/// </summary>
public sealed class TrainingStoppedException : Exception
{
    /// <summary>Creates the exception.</summary>
    /// <param name="message">What happened, which state is kept, and how to go on.</param>
    /// <param name="innerException">The cause, if another exception brought this one about.</param>
    public TrainingStoppedException(string message, Exception? innerException = null)
        : base(message, innerException)
    {
    }
}
