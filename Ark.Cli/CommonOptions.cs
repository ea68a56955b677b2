using System.CommandLine;
using Ark.Data;

namespace Ark.Cli;

/// <summary>The options that several commands have.</summary>
internal static class CommonOptions
{
    private const string Catalogue = "the catalogue of datasets (YAML), or builtin:phantom";

    /// <summary>The catalogue of a command that cannot do without.</summary>
    public static Option<string> Config() => new("--config") { Description = Catalogue, HelpName = "FILE", Required = true };

    /// <summary>The catalogue of a command that can do without.</summary>
    /// <param name="before">What is said of it first.</param>
    public static Option<string?> OptionalConfig(string before = "") =>
        new("--config") { Description = before + Catalogue, HelpName = "FILE" };

    /// <summary>Where the results go as JSON.</summary>
    /// <param name="what">What is written.</param>
    /// <param name="where">Where, for a command that writes it elsewhere too.</param>
    public static Option<string?> Json(string what, string where = "as JSON") =>
        new("--json") { Description = $"write {what} {where}; - for standard output", HelpName = "OUT" };

    /// <summary>Says less.</summary>
    /// <param name="left">What is left out.</param>
    public static Option<bool> Quiet(string left = "no progress") => new("--quiet") { Description = left };

    /// <summary>The folder of a run.</summary>
    /// <param name="description">What the folder is of, and which one it is by default.</param>
    public static Option<string?> Folder(string description) => new("--out") { Description = description, HelpName = "DIR" };

    /// <summary>What happens at an unreadable image.</summary>
    public static Option<string> BadImages()
    {
        var option = new Option<string>("--bad-images")
        {
            Description = "stop at an unreadable image, or skip and report it",
            HelpName = "stop|skip",
            DefaultValueFactory = _ => "stop",
        };
        option.AcceptOnlyFromAmong("stop", "skip");
        return option;
    }

    /// <summary>What <see cref="BadImages"/> says.</summary>
    public static BadImagePolicy Policy(this ParseResult parsed, Option<string> badImages) =>
        parsed.GetValue(badImages) == "skip" ? BadImagePolicy.Skip : BadImagePolicy.Stop;

    /// <summary>Whether an option is on the line, rather than at its default.</summary>
    public static bool IsGiven(this ParseResult parsed, Option option) => parsed.GetResult(option) is { Implicit: false };

    /// <summary>An option as it was written on the line: its name, or an alias.</summary>
    public static string Written(this ParseResult parsed, Option option) => parsed.GetResult(option)?.IdentifierToken?.Value ?? option.Name;
}
