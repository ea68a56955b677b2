using System.CommandLine;
using System.CommandLine.Invocation;
using System.CommandLine.Parsing;
using Ark.Inference;

namespace Ark.Cli;

/// <summary><c>ark --version</c>, and with <c>--verbose</c> what Ark found on the machine.</summary>
internal static class VersionCommand
{
    /// <summary>Lets the version be asked for together with <c>--verbose</c>.</summary>
    public static void Describe(RootCommand root, Option<bool> verbose, Terminal terminal)
    {
        var version = root.Options.OfType<VersionOption>().Single();
        var plain = (SynchronousCommandLineAction)version.Action!;
        version.Validators.Clear();
        version.Validators.Add(result =>
        {
            if (result.Parent is CommandResult command
                && command.Children.Any(c => c is not OptionResult option || (option.Option != version && option.Option != verbose)))
                result.AddError("--version goes with --verbose alone.");
        });
        version.Action = new Action(plain, verbose, terminal);
    }

    private sealed class Action(SynchronousCommandLineAction plain, Option<bool> verbose, Terminal terminal) : SynchronousCommandLineAction
    {
        public override int Invoke(ParseResult parseResult)
        {
            if (!parseResult.GetValue(verbose)) return plain.Invoke(parseResult);
            foreach (var (name, value) in ArkRuntime.Describe()) terminal.Out.WriteLine($"{name,-16} {value}");
            return ExitCode.Done;
        }
    }
}
