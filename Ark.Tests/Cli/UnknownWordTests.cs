using System.CommandLine;
using Ark.Cli;
using Microsoft.Extensions.DependencyInjection;

namespace Ark.Tests.Cli;

/// <summary>Options and commands that do not exist are named, with the nearest that does.</summary>
public class UnknownWordTests
{
    public static TheoryData<string> Commands
    {
        get
        {
            using var services = new ServiceCollection().AddArk().AddTraining().Services.BuildServiceProvider();
            return [.. Below(ArkCommandLine.CreateRoot(services, new Terminal(TextWriter.Null, TextWriter.Null, false)), "")
                .Where(c => c.Command.Subcommands.Count == 0)
                .Select(c => c.Path)];
        }
    }

    [Theory]
    [MemberData(nameof(Commands))]
    public async Task Every_option_of_a_command_is_suggested_for_its_misspelling_and_the_hint_names_the_command(string path)
    {
        await using var services = new ServiceCollection().AddArk().AddTraining().Services.BuildServiceProvider();
        var command = Below(ArkCommandLine.CreateRoot(services, new Terminal(TextWriter.Null, TextWriter.Null, false)), "").Single(c =>
            c.Path == path).Command;
        Assert.NotEmpty(command.Options);
        foreach (var option in command.Options.Where(o => !o.Hidden
            && o.Name.StartsWith("--", StringComparison.Ordinal)
            && o.Name.Length > 5))
        {
            // Two letters of it change places.
            var typo = string.Concat(
                option.Name.AsSpan(0, option.Name.Length - 2),
                option.Name.AsSpan(option.Name.Length - 1),
                option.Name.AsSpan(option.Name.Length - 2, 1));
            if (typo == option.Name) typo += "x";
            foreach (var written in (string[])[typo, typo + "=x"])
            {
                var run = await CommandLineRun.Of([.. path.Split(' '), written, "x"]);
                Assert.Equal(2, run.ExitCode);
                Assert.Equal($"ark: there is no option '{typo}'. Did you mean '{option.Name}'? See 'ark {path} --help'.\n", run.Error);
            }
        }
    }

    [Theory]
    [InlineData(
        "there is no option '--chekpoint'. Did you mean '--checkpoint'? See 'ark predict --help'.",
        "predict",
        "--chekpoint",
        "x.pth",
        "chest.png")]
    [InlineData(
        "there is no option '--verbos'. Did you mean '--verbose'? See 'ark predict --help'.", "predict", "--checkpoint", "x.pth",
        "--verbos", "chest.png")]
    [InlineData("there is no option '--colour'. See 'ark report --help'.", "report", "--colour", "runs/x")]
    [InlineData("there is no command 'predcit'. Did you mean 'predict'? See 'ark --help'.", "predcit", "--checkpoint", "x.pth")]
    [InlineData("there is no command 'evalute'. Did you mean 'evaluate'? See 'ark segment --help'.", "segment", "evalute")]
    [InlineData("there is no command 'chek'. Did you mean 'check'? See 'ark data --help'.", "data", "chek", "--config", "x.yaml")]
    [InlineData("there is no command 'xyzzy'. See 'ark --help'.", "xyzzy")]
    [InlineData("there is no option '--jsn'. Did you mean '--json'? See 'ark predict --help'.", "--jsn", "predict")]
    public async Task First_word_that_does_not_exist_is_named(string expected, params string[] arguments)
    {
        var run = await CommandLineRun.Of(arguments);
        Assert.Equal((2, $"ark: {expected}\n"), (run.ExitCode, run.Error));
    }

    [Fact]
    public async Task Names_that_begin_with_a_dash_are_taken_behind_two_dashes() =>
        (await CommandLineRun.Of("report", "--", "--chekpoint")).AssertRefused("--chekpoint", "holds no metrics");

    [Fact]
    public async Task What_is_missing_is_said_where_nothing_is_misspelt() =>
        (await CommandLineRun.Of("segment", "evaluate")).AssertRefused("is required. See 'ark segment evaluate --help'.");

    private static IEnumerable<(string Path, Command Command)> Below(Command command, string path) =>
        command.Subcommands.SelectMany(c => Below(c, $"{path} {c.Name}".Trim())).Prepend((path, command));
}
