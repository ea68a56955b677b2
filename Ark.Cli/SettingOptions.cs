using System.CommandLine;
using System.CommandLine.Parsing;
using Ark.Training;

namespace Ark.Cli;

/// <summary>Offers every training setting as a command-line option, under its own name and those of the published command lines.</summary>
internal sealed class SettingOptions
{
    private readonly List<(TrainingSetting Setting, Option<string?> Option)> _options = [];

    public SettingOptions(Command command)
    {
        foreach (var setting in TrainingSettings.All)
        {
            string[] names = [setting.Name, .. setting.Aliases];
            // The published scripts mix dashes and underscores.
            var spelt = names.Concat(names.Select(n => n.Replace('-', '_'))).Distinct().Select(n => "--" + n).ToArray();
            var option = new Option<string?>(spelt[0], spelt[1..]) { Description = setting.Help, HelpName = setting.ValueName };
            command.Add(option);
            _options.Add((setting, option));
        }
    }

    /// <summary>The settings that the command line gave, in the order of the table.</summary>
    public IEnumerable<(string Name, string Value, string Written)> Given(ParseResult parsed)
    {
        foreach (var (setting, option) in _options)
        {
            if (parsed.GetResult(option) is OptionResult { Implicit: false } result && parsed.GetValue(option) is { } value)
                yield return (setting.Name, value, result.IdentifierToken?.Value ?? "--" + setting.Name);
        }
    }
}
