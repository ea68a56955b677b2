namespace Ark.Cli;

/// <summary>The error for an option that cannot be used as it was given.</summary>
internal static class CommandLineError
{
    /// <summary>What such errors call their source.</summary>
    public const string Source = "command line";

    /// <summary>The place of an option, for messages.</summary>
    public static string Place(string option) => $"option '{option}'";

    /// <summary>The error.</summary>
    /// <param name="option">The option as it was written.</param>
    /// <param name="problem">What is wrong, without a final full stop.</param>
    /// <param name="hint">What to do about it, as a sentence; <see langword="null"/> where the problem says it.</param>
    public static ArkInputException Of(string option, string problem, string? hint = null) => new(Source, Place(option), problem, hint);

    /// <summary>The error for a catalogue that a command that trains can do without only where it goes on with a run.</summary>
    public static ArkInputException NoCatalogue() =>
        Of("--config", "is missing", "Give --config FILE, --config builtin:phantom, or --resume DIR.");
}
