using System.CommandLine;
using Ark.Training;

namespace Ark.Cli;

/// <summary>Offers every row of a table as a command-line option, under its own name and those of the published command lines.</summary>
/// <typeparam name="T">The options.</typeparam>
internal sealed class SettingOptions<T>
    where T : OptimizationOptions, new()
{
    private readonly OptionTable<T> _table;
    private readonly List<(OptionRow<T> Row, Option<string> Option)> _options = [];

    public SettingOptions(TrainingCommand command, OptionTable<T> table)
    {
        _table = table;
        var defaults = new T();
        foreach (var row in table)
        {
            string[] names = [row.Name, .. row.Aliases];
            // The published scripts mix dashes and underscores.
            var spelt = names.Concat(names.Select(n => n.Replace('-', '_'))).Distinct().Select(n => "--" + n).ToArray();
            var option = new Option<string>(spelt[0], spelt[1..])
            {
                // A switch alone means yes.
                CustomParser = result => result.Tokens.Count == 0 ? "true" : string.Join(',', result.Tokens.Select(t => t.Value)),
                Description = row.Help + (row.IsRecorded && row.Format(defaults) is { } value ? $" (default: {value})" : ""),
                HelpName = row.ValueName,
                Arity = ArityOf(row),
                AllowMultipleArgumentsPerToken = ArityOf(row).MaximumNumberOfValues > 1,
                Hidden = row.Property is null,
            };
            command.Add(option);
            if (row.Property is { } property) command.Map(property, option.Name);
            _options.Add((row, option));
        }
    }

    /// <summary>What the command line says, in the order of the table.</summary>
    /// <exception cref="ArkInputException">A value is of the wrong kind.</exception>
    public IReadOnlyList<OptionText<T>> Given(ParseResult parsed)
    {
        var given = new List<OptionText<T>>();
        foreach (var (row, option) in _options)
        {
            if (parsed.IsGiven(option))
                given.Add(_table.Text(row.Name, parsed.GetRequiredValue(option), CommandLineError.Source,
                    CommandLineError.Place(parsed.Written(option))));
        }

        return OptionTexts.Meant(_table, given);
    }

    /// <summary>Says of the published flags on the line which have no effect.</summary>
    public async Task NoteAsync(Terminal terminal, ParseResult parsed)
    {
        foreach (var (row, option) in _options.Where(o => o.Row.Note is not null && parsed.IsGiven(o.Option)))
            await terminal.Error.WriteLineAsync($"note: {parsed.Written(option)} {row.Note}").ConfigureAwait(false);
    }

    private static ArgumentArity ArityOf(OptionRow<T> row) =>
        row.Note is not null ? ArgumentArity.ZeroOrMore
        : row.ValueName == "true|false" ? ArgumentArity.ZeroOrOne
        : row.ValueName == "B1,B2" ? new ArgumentArity(1, 2)
        : ArgumentArity.ExactlyOne;
}
