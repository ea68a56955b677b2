namespace Ark.Training;

/// <summary>One option under the names that the command line, a catalogue's <c>training:</c> section and the record of a run use.</summary>
/// <typeparam name="T">The options.</typeparam>
internal sealed class OptionRow<T>
    where T : OptimizationOptions
{
    /// <summary>The name, as in <c>--warmup-epochs</c> without the dashes.</summary>
    public required string Name { get; init; }

    /// <summary>Other accepted names: those of the published command lines.</summary>
    public IReadOnlyList<string> Aliases { get; init; } = [];

    /// <summary>What kind of value it takes, for help texts: <c>N</c>, <c>ark|ark-plus</c>.</summary>
    public required string ValueName { get; init; }

    /// <summary>What it does, for help texts.</summary>
    public required string Help { get; init; }

    /// <summary>The property that it sets; <see langword="null"/> for a published flag without effect.</summary>
    public string? Property { get; init; }

    /// <summary>What whoever gives it should know; <see langword="null"/> for nothing.</summary>
    public string? Note { get; init; }

    /// <summary>Whether the record of a run has it: one row of each property does.</summary>
    public bool IsRecorded { get; init; }

    /// <summary>Sets the option from text, and tells whether the text is a value of the right kind.</summary>
    public required Func<T, string, bool> TryApply { get; init; }

    /// <summary>The option's value as the text that <see cref="TryApply"/> takes; <see langword="null"/> where it is not set.</summary>
    public Func<T, string?> Format { get; init; } = _ => null;
}
