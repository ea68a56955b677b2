using System.CommandLine;
using Microsoft.Extensions.DependencyInjection;

namespace Ark.Cli;

/// <summary>The command line: parsing, errors and exit codes.</summary>
internal static class ArkCommandLine
{
    private const string Verbose = "--verbose";
    private const string NoMemory =
        "there is not enough memory, or the process may not have more of it (ulimit -v, or its container's limit).";

    /// <summary>Runs one command.</summary>
    /// <param name="args">The arguments.</param>
    /// <param name="output">Receives results.</param>
    /// <param name="error">Receives progress, warnings and errors.</param>
    /// <param name="isTerminal">Whether a person watches <paramref name="error"/>.</param>
    /// <param name="quit">Ends the process with an exit code; <see langword="null"/> where it is another's, and work that does not heed a
    /// signal is waited for.</param>
    /// <param name="cancellationToken">Cancels as Ctrl-C does.</param>
    /// <returns>The exit code.</returns>
    public static async Task<int> RunAsync(
        string[] args, TextWriter output, TextWriter error, bool isTerminal, Action<int>? quit = null,
        CancellationToken cancellationToken = default)
    {
        await using var services = new ServiceCollection().AddArk().AddTraining().Services.BuildServiceProvider();
        return await RunAsync(
            CreateRoot(services, new Terminal(output, error, isTerminal)), args, output, error, quit,
            cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Every command with its options.</summary>
    /// <param name="services">Where commands find what they need.</param>
    /// <param name="terminal">Where they write.</param>
    internal static RootCommand CreateRoot(IServiceProvider services, Terminal terminal)
    {
        var root = new RootCommand("""
            Ark for .NET: accrue knowledge over chest X-ray datasets with different labels, and reuse it.

            Examples:
              ark pretrain --config builtin:phantom
              ark predict --checkpoint last.pth.tar chest.png
              ark finetune --help
            """)
        {
            PretrainCommand.Create(services, terminal),
            EvaluateCommand.Create(services, terminal),
            EmbedCommand.Create(services, terminal),
            SimilarCommand.Create(services, terminal),
            PredictCommand.Create(services, terminal),
            ExplainCommand.Create(services, terminal),
            CalibrateCommand.Create(services, terminal),
            ProbeCommand.Create(services, terminal),
            FineTuneCommand.Create(services, terminal),
            SegmentCommand.Create(services, terminal),
            CompareCommand.Create(terminal),
            ReportCommand.Create(terminal),
            InspectCommand.Create(terminal),
            ConvertCommand.Create(terminal),
            DataCommand.Create(services, terminal),
        };
        var verbose = new Option<bool>(Verbose)
        {
            Description = "show a stack trace with an error; with --version, what Ark found on this machine",
            Recursive = true,
        };
        root.Add(verbose);
        VersionCommand.Describe(root, verbose, terminal);
        return root;
    }

    private static async Task<int> RunAsync(
        RootCommand root, string[] args, TextWriter output, TextWriter error, Action<int>? quit, CancellationToken cancellationToken)
    {
        var parsed = root.Parse(args);
        if (parsed.Action is not System.CommandLine.Help.HelpAction
            && (UnknownWord.Find(parsed, args) ?? (parsed.Errors is [var first, ..] ? first.Message : null)) is { } problem)
        {
            await error
                .WriteLineAsync($"ark: {OneLine.Of(problem)} See 'ark {string.Join(' ', [.. PathOf(parsed.CommandResult), "--help"])}'.")
                .ConfigureAwait(false);
            return ExitCode.WrongInput;
        }

        var configuration = new InvocationConfiguration
        {
            Output = output,
            Error = error,
            EnableDefaultExceptionHandler = false,
            // Signals are met here.
            ProcessTerminationTimeout = null,
        };
        try
        {
            using var signals = new StopSignals(quit, cancellationToken);
            var token = signals.Token;
            // What can be gone on with saves its state first, however large that is.
            var savesState = parsed.CommandResult.Command.Options.Any(o => o.Name == "--resume");
            if (savesState) signals.WaitForState();
            // On a thread of its own, or a command that never waits would not let a signal be met.
            var work = Task.Run(() => Invoke(parsed, configuration, token), CancellationToken.None);
            if (quit is null || savesState || await Task.WhenAny(work, signals.OverdueAsync()).ConfigureAwait(false) == work)
                return await work.ConfigureAwait(false);
            await error.WriteLineAsync("ark: cancelled.").ConfigureAwait(false);
            await output.FlushAsync(CancellationToken.None).ConfigureAwait(false);
            await error.FlushAsync(CancellationToken.None).ConfigureAwait(false);
            quit(ExitCode.Cancelled);
            return ExitCode.Cancelled;
        }
        catch (OperationCanceledException)
        {
            await error.WriteLineAsync("ark: cancelled.").ConfigureAwait(false);
            return ExitCode.Cancelled;
        }
        catch (Exception e)
        {
            // The outermost frame: whatever went wrong becomes one line and an exit code.
            var message = e is OutOfMemoryException
                ? NoMemory
                : (parsed.CommandResult.Command as TrainingCommand)?.MessageOf(e) ?? CommandWords.MessageOf(e);
            await error.WriteLineAsync(parsed.GetValue<bool>(Verbose) ? $"ark: {e}" : $"ark: {OneLine.Of(message)}").ConfigureAwait(false);
            return e is ArkInputException input && !OutputPath.HasNoRoom(input) ? ExitCode.WrongInput : ExitCode.Failed;
        }
    }

    private static Task<int> Invoke(ParseResult parsed, InvocationConfiguration configuration, CancellationToken cancellationToken)
    {
        // What cannot be written should not be found out after an hour.
        if (parsed.Action is not System.CommandLine.Help.HelpAction
            && parsed.CommandResult.Command.Options.OfType<Option<string?>>().FirstOrDefault(o => o.Name == "--json") is { } json
            && parsed.GetValue(json) is { } path and not "-")
            OutputPath.CheckFile(
                path,
                json.Name,
                parsed.CommandResult.Command.Options.Any(o => o.Name == "--out") ? parsed.GetValue<string?>("--out") : null);
        return parsed.InvokeAsync(configuration, cancellationToken);
    }

    private static Stack<string> PathOf(System.CommandLine.Parsing.SymbolResult result)
    {
        var names = new Stack<string>();
        for (var at = result as System.CommandLine.Parsing.CommandResult;
            at?.Parent is System.CommandLine.Parsing.CommandResult parent;
            at = parent) names.Push(at.Command.Name);
        return names;
    }
}
