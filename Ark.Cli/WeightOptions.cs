using System.CommandLine;

namespace Ark.Cli;

/// <summary>
/// The options of every command that reads a weight file: which weights of it, under which names, and what else may be in it.
/// </summary>
internal sealed class WeightOptions
{
    private readonly Option<string?> _key = new("--key")
    {
        Description = "where in the weight file the state dict is, dots leading further down; by default what is recognized, the "
            + "teacher or a moving average before others",
        HelpName = "KEY",
    };
    private readonly Option<string?> _prefix = new("--strip-prefix")
    {
        Description = "what to take off the names of its tensors; by default what training frameworks put before a known network",
        HelpName = "PREFIX",
    };
    private readonly Option<string[]> _inert = new("--inert")
    {
        Description = "a class that may be in the file beside the weights, and is not run; may be repeated",
        HelpName = "NAME",
    };

    public WeightOptions(Command command)
    {
        command.Add(_key);
        command.Add(_prefix);
        command.Add(_inert);
    }

    /// <summary>The key that was given; <see langword="null"/> for none.</summary>
    public string? Key(ParseResult parsed) => parsed.GetValue(_key);

    /// <summary>How to read the file.</summary>
    public PyTorchLoadOptions Reading(ParseResult parsed) =>
        new() { StripPrefix = parsed.GetValue(_prefix), InertNames = parsed.GetValue(_inert) ?? [] };

    /// <summary>What to say of a choice among the weights of a file.</summary>
    public static string Note(string file, string remark) =>
        $"note: {OneLine.Of(file)}: {OneLine.Of(remark)} (--key and --strip-prefix choose others)";
}
