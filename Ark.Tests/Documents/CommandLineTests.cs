using System.CommandLine;
using Ark.Cli;
using Microsoft.Extensions.DependencyInjection;

namespace Ark.Tests.Documents;

/// <summary>The commands that the documents show are understood by the real command line.</summary>
public class CommandLineTests
{
    private static readonly RootCommand Root = ArkCommandLine.CreateRoot(
        new ServiceCollection().AddArk().AddTraining().Services.BuildServiceProvider(),
        new Terminal(TextWriter.Null, TextWriter.Null, false));

    [Fact]
    public void Command_lines_in_code_blocks_parse()
    {
        var lines = Document.All.SelectMany(d => d.Blocks)
            .Where(b => b.Language is "" or "bash" or "console" or "sh")
            .SelectMany(Commands)
            .ToList();
        Assert.True(lines.Count >= 20, $"only {lines.Count} commands were found");
        AssertNone(lines.SelectMany(l => Root.Parse(l.Arguments).Errors
            .Select(e => $"{l.Place}: ark {string.Join(' ', l.Arguments)}: {e.Message}")));
    }

    [Fact]
    public void Commands_and_options_that_the_text_names_exist()
    {
        var named = Document.All.SelectMany(d => d.Inline
            .Where(i => i.Code.StartsWith("ark ", StringComparison.Ordinal))
            .Select(i => (Place: $"{d.Name}:{i.Line}", Words: Split(i.Code).Skip(1).ToArray()))).ToList();
        Assert.True(named.Count >= 20, $"only {named.Count} commands were found");
        AssertNone(named.SelectMany(n => Problems(n.Words).Select(p => $"{n.Place}: {p}")));
    }

    private static void AssertNone(IEnumerable<string> problems)
    {
        var all = problems.ToList();
        Assert.True(all.Count == 0, string.Join('\n', all));
    }

    private static IEnumerable<string> Problems(string[] words)
    {
        Command at = Root;
        foreach (var word in words)
        {
            if (word is "COMMAND" or "…" || word.StartsWith('-') || at.Subcommands.Count == 0) break;
            if (at.Subcommands.FirstOrDefault(c => c.Name == word) is not { } next)
                return [$"there is no command '{string.Join(' ', words)}'"];
            at = next;
        }

        if (at == Root) return [];
        var known = Known(at).ToHashSet(StringComparer.Ordinal);
        return words.Where(w => w.StartsWith("--", StringComparison.Ordinal)
            && !known.Contains(w.Split('=')[0].TrimEnd(']', ','))).Select(w => $"'ark {at.Name}' has no option {w}");
    }

    private static IEnumerable<string> Known(Command command) =>
        command.Options
            .Concat(command.Parents.OfType<Command>().SelectMany(p => p.Options.Where(o => o.Recursive)))
            .SelectMany(o => o.Aliases.Append(o.Name))
            .Append("--help");

    /// <summary>The lines of a block that call ark, with what a shell would pass on. Continued lines are one.</summary>
    private static IEnumerable<(string Place, string[] Arguments)> Commands(CodeBlock block)
    {
        var pending = "";
        for (var i = 0; i < block.Lines.Count; i++)
        {
            var line = pending + block.Lines[i].Trim();
            pending = line.EndsWith('\\') ? line[..^1] : "";
            if (pending.Length > 0) continue;
            var words = Split(line);
            var start = words.FindIndex(w => w is "ark" or "tools/ark");
            if (words.Count > 2 && words[0] is "dotnet" && words[1] is "run" && words.Contains("Ark.Cli")) start = words.IndexOf("--");
            else if (start > 0 && words[..start].Any(w => !w.Contains('=', StringComparison.Ordinal))) start = -1;
            if (start >= 0)
                yield return (
                    $"{block.Document}:{block.Line + i + 1}",
                    [.. words[(start + 1)..].TakeWhile(w => w is not ("|" or "&&" or ">" or ";"))]);
        }
    }

    private static List<string> Split(string line)
    {
        var (words, word, quote, inside) = (new List<string>(), new System.Text.StringBuilder(), '\0', false);
        foreach (var c in line)
        {
            if (quote != '\0')
            {
                if (c == quote) quote = '\0';
                else word.Append(c);
            }
            else if (c is '"' or '\'')
            {
                (quote, inside) = (c, true);
            }
            else if (c == '#' && word.Length == 0 && !inside)
            {
                break;
            }
            else if (char.IsWhiteSpace(c))
            {
                if (word.Length > 0 || inside) words.Add(word.ToString());
                word.Clear();
                inside = false;
            }
            else
            {
                word.Append(c);
            }
        }

        if (word.Length > 0 || inside) words.Add(word.ToString());
        return words;
    }
}
