using System.Globalization;

namespace Ark.Fuzz;

/// <summary>What this process has in memory, and the most it had since it was asked to forget.</summary>
internal static class ResidentMemory
{
    /// <summary>Forgets the highest value so far.</summary>
    public static void Forget() => File.WriteAllText("/proc/self/clear_refs", "5");

    public static long Now => Line("VmRSS:");

    public static long Highest => Line("VmHWM:");

    public static long Of(int process)
    {
        try
        {
            return Line("VmRSS:", $"/proc/{process}/status");
        }
        catch (IOException)
        {
            return 0;
        }
    }

    private static long Line(string name, string file = "/proc/self/status")
    {
        foreach (var line in File.ReadLines(file))
        {
            if (line.StartsWith(name, StringComparison.Ordinal))
                return 1024 * long.Parse(line.AsSpan(name.Length).Trim().TrimEnd("kB ").Trim(), CultureInfo.InvariantCulture);
        }

        return 0;
    }
}
