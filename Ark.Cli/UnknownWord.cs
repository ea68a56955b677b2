using System.CommandLine;
using System.CommandLine.Parsing;

namespace Ark.Cli;

/// <summary>
/// Names an option or a command that does not exist. The parser takes an option that it does not know for an image or a folder where a
/// command has such, and then says that something else is missing.
/// </summary>
internal static class UnknownWord
{
    /// <summary>Looks for the first such word.</summary>
    /// <param name="parsed">What the parser made of the arguments.</param>
    /// <param name="args">The arguments.</param>
    /// <returns>The problem as a sentence, with the nearest word that exists; <see langword="null"/> where all is known.</returns>
    public static string? Find(ParseResult parsed, IReadOnlyList<string> args)
    {
        var command = parsed.CommandResult.Command;
        var loose = parsed.CommandResult.Children
            .OfType<ArgumentResult>()
            .SelectMany(a => a.Tokens.Select(t => t.Value))
            .Concat(parsed.UnmatchedTokens)
            .ToHashSet(StringComparer.Ordinal);
        // Behind "--" everything is meant as it stands, and "-" is standard input or output.
        foreach (var word in args.TakeWhile(a => a != "--").Where(loose.Contains))
        {
            if (word.StartsWith('-') && word.Length > 1) return Sentence("option", word.Split('=', ':')[0], Options(parsed.CommandResult));
            if (command.Subcommands.Count > 0)
                return Sentence("command", word, command.Subcommands.Where(c => !c.Hidden).Select(c => c.Name));
        }

        return null;
    }

    private static string Sentence(string kind, string word, IEnumerable<string> known) =>
        $"there is no {kind} '{word}'.{(NameSuggestion.Nearest(word, known) is { } nearest ? $" Did you mean '{nearest}'?" : "")}";

    private static IEnumerable<string> Options(CommandResult result) => result.Command.Options
        .Concat(Ancestors(
            result).SelectMany(c => c.Options.Where(o => o.Recursive))).Where(o => !o.Hidden).SelectMany(o => o.Aliases.Prepend(o.Name));

    private static IEnumerable<Command> Ancestors(CommandResult result)
    {
        for (var at = result.Parent as CommandResult; at is not null; at = at.Parent as CommandResult) yield return at.Command;
    }
}
