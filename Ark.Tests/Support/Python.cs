using System.Diagnostics;

namespace Ark.Tests;

/// <summary>A Python with PyTorch, where the machine has one; tests that need it are skipped elsewhere.</summary>
internal static class Python
{
    private const string Interpreter = "/usr/bin/python3";

    private static readonly Lazy<bool> HasTorch = new(() =>
    {
        if (!File.Exists(Interpreter)) return false;
        using var process = Start("import torch");
        process.WaitForExit();
        return process.ExitCode == 0;
    });

    /// <summary>Runs a script and gives what it prints; fails the test with its error output.</summary>
    public static string Run(string script, params string[] arguments)
    {
        Assert.SkipUnless(HasTorch.Value, "Needs /usr/bin/python3 with PyTorch.");
        using var process = Start(script, arguments);
        var error = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, error.Result);
        return output;
    }

    private static Process Start(string script, params string[] arguments)
    {
        var start = new ProcessStartInfo(Interpreter)
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.ArgumentList.Add("-c");
        start.ArgumentList.Add(script);
        foreach (var argument in arguments) start.ArgumentList.Add(argument);
        // The libraries of this process are of another version than Python's.
        start.Environment.Remove("LD_LIBRARY_PATH");
        return Process.Start(start)!;
    }
}
