using System.Diagnostics;

namespace Ark.Benchmarks;

/// <summary>What is compared with Ark starts as it does elsewhere: without the policy that Ark sets for its own threads.</summary>
internal static class OtherProgram
{
    public static ProcessStartInfo Start(string program, string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, UseShellExecute = false };
        if (WaitPolicy.Description == WaitPolicy.Passive) start.Environment.Remove(WaitPolicy.Variable);
        return start;
    }
}
