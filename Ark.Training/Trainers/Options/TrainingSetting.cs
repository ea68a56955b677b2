namespace Ark.Training;

/// <summary>One training option under the names that the command line and a catalogue's <c>training:</c> section use.</summary>
public sealed class TrainingSetting
{
    private readonly Func<TrainingOptions, string, bool> _parse;
    private readonly Func<TrainingOptions, string?> _format;

    internal TrainingSetting(string property, string name, string[] aliases, string value, string help, Func<TrainingOptions, string, bool> parse, Func<TrainingOptions, string?> format)
    {
        Property = property;
        Name = name;
        Aliases = aliases;
        ValueName = value;
        Help = help;
        _parse = parse;
        _format = format;
    }

    /// <summary>The name, as in <c>--warmup-epochs</c> without the dashes.</summary>
    public string Name { get; }

    /// <summary>Other accepted names: those of the published command lines.</summary>
    public IReadOnlyList<string> Aliases { get; }

    /// <summary>What kind of value it takes, for help texts: <c>N</c>, <c>ark|ark-plus</c>.</summary>
    public string ValueName { get; }

    /// <summary>What it does, for help texts.</summary>
    public string Help { get; }

    /// <summary>What whoever gives it should know; <see langword="null"/> for nothing.</summary>
    public string? Note { get; internal init; }

    internal string Property { get; }

    /// <summary>Sets the option from text.</summary>
    /// <param name="options">The options to change.</param>
    /// <param name="value">The value, with a decimal point whatever the culture.</param>
    /// <returns>Whether the text is a value of the right kind.</returns>
    internal bool TryApply(TrainingOptions options, string value) => _parse(options, value.Trim());

    /// <summary>The option's value as text.</summary>
    /// <param name="options">The options to read.</param>
    /// <returns>The text that <see cref="TryApply"/> takes; <see langword="null"/> where it is not set.</returns>
    public string? Format(TrainingOptions options) => _format(options);
}
