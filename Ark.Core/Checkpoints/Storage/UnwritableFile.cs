namespace Ark;

/// <summary>What the system says when a file cannot be written.</summary>
internal static class UnwritableFile
{
    /// <summary>
    /// Whether an exception says that a file cannot be written. .NET tells of a file that grew too large by a wrong argument.
    /// </summary>
    public static bool Is(Exception exception) => exception is IOException or UnauthorizedAccessException || IsTooLarge(exception);

    /// <summary>The reason, without a full stop.</summary>
    public static string Reason(Exception exception) => IsTooLarge(exception)
        ? "the file would be larger than the file system, or a limit of the process (ulimit -f), allows"
        : exception.Message.TrimEnd('.');

    /// <summary>
    /// Whether a file grew larger than the file system, or a limit of the process, allows: what .NET makes of <c>EFBIG</c>.
    /// </summary>
    public static bool IsTooLarge(Exception? exception) => exception is ArgumentOutOfRangeException { ParamName: "value" };
}
