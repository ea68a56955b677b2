using System.CommandLine;
using System.Text.RegularExpressions;
using Ark.Training;

namespace Ark.Cli;

/// <summary>
/// A command whose flags are properties of a library. The library's messages name a property in quotes, and the command says its flag in
/// place of it.
/// </summary>
/// <param name="name">The command.</param>
/// <param name="description">What it does.</param>
internal sealed partial class TrainingCommand(string name, string description) : Command(name, description)
{
    private readonly Dictionary<string, string> _flags = new(StringComparer.Ordinal);

    /// <summary>Says which flag a property is.</summary>
    public void Map(string property, string flag) => _flags.TryAdd(property, flag);

    /// <summary>Says which flags name the folder of a run, and that it goes on there.</summary>
    public void NameFolders(Option output, Option resume)
    {
        Map(nameof(TrainingRun.Directory), output.Name);
        Map(nameof(TrainingRun.Resume), resume.Name);
    }

    /// <summary>The message of an error in the words of the command line.</summary>
    public string MessageOf(Exception error) => error switch
    {
        // What is wrong may quote the input, which stays as it is.
        ArkInputException input => new ArkInputException(
            input.InputSource, Translate(input.Place), input.Problem, Translate(input.Hint)).Message,
        TrainingStoppedException => Translate(error.Message)!,
        _ => error.Message,
    };

    private string? Translate(string? text) =>
        text is null ? null : Property().Replace(text, m => _flags.GetValueOrDefault(m.Groups["property"].Value) ?? m.Value);

    [GeneratedRegex("'(?<property>[A-Z][A-Za-z0-9]+)'", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Property();
}
