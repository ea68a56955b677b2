using Ark.Cli;

namespace Ark.Tests;

/// <summary>One command line, run in this process.</summary>
internal sealed record CommandLineRun(int ExitCode, string Out, string Error)
{
    public static async Task<CommandLineRun> Of(params string[] args)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        var code = await ArkCommandLine.RunAsync(
            args, output, error, isTerminal: false, cancellationToken: TestContext.Current.CancellationToken);
        return new CommandLineRun(code, output.ToString(), error.ToString());
    }

    /// <summary>Asserts a refusal: exit code 2 and one line that holds all the words.</summary>
    public void AssertRefused(params string[] words)
    {
        Assert.Equal(2, ExitCode);
        var line = Assert.Single(
            Error.Split('\n', StringSplitOptions.RemoveEmptyEntries), l => l.StartsWith("ark: ", StringComparison.Ordinal));
        Assert.All(words, word => Assert.Contains(word, line, StringComparison.Ordinal));
    }
}
