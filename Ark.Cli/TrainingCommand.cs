using System.CommandLine;
using Ark.Training;

namespace Ark.Cli;

/// <summary>
/// A command whose flags are properties of a library. The library's messages name a property in quotes, and the command says its flag in
/// place of it.
/// </summary>
/// <param name="name">The command.</param>
/// <param name="description">What it does.</param>
internal sealed class TrainingCommand(string name, string description) : Command(name, description)
{
    // The end of such a message is the folder, so that the whole can be copied as a command.
    private const string GoOn = "go on with: 'Resume'";

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
        TrainingStoppedException => CommandWords.Translate(
            error.Message.Replace(GoOn, $"go on with: {Line()} --resume", StringComparison.Ordinal), _flags)!,
        _ => CommandWords.MessageOf(error, _flags),
    };

    private string Line()
    {
        var words = new Stack<string>();
        for (Command? at = this; at is not null and not RootCommand; at = at.Parents.OfType<Command>().FirstOrDefault())
            words.Push(at.Name);
        return "ark " + string.Join(' ', words);
    }
}
