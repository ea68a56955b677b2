using System.Diagnostics;
using System.Globalization;

namespace Ark.Benchmarks;

/// <summary>
/// Measures several ways of doing the same thing in turn, round after round, so that whatever else the machine does meets them all alike,
/// and takes medians over the rounds in which other processes took least.
/// </summary>
internal sealed class Contest(TimeSpan limit, int rounds)
{
    /// <summary>What was measured.</summary>
    /// <param name="Wall">Median seconds by contestant.</param>
    /// <param name="Processor">Median processor seconds of the process by contestant.</param>
    /// <param name="Others">Share of the machine that other processes took during the rounds that count.</param>
    internal sealed record Result(double[] Wall, double[] Processor, double Others);

    public Result Run(params ReadOnlySpan<Action> contestants)
    {
        foreach (var contestant in contestants)
        {
            contestant();
            contestant();
        }

        var taken = new List<(double Others, double[] Wall, double[] Processor)>();
        var clock = Stopwatch.StartNew();
        while (taken.Count < rounds && (taken.Count < 3 || clock.Elapsed < limit))
        {
            var (walls, processors) = (new double[contestants.Length], new double[contestants.Length]);
            var (busy, own, began) = (Busy(), Own(), Stopwatch.GetTimestamp());
            for (var i = 0; i < contestants.Length; i++)
            {
                var (processor, start) = (Own(), Stopwatch.GetTimestamp());
                contestants[i]();
                walls[i] = Stopwatch.GetElapsedTime(start).TotalSeconds;
                processors[i] = Own() - processor;
            }

            var others = (Busy() - busy - (Own() - own)) / (Stopwatch.GetElapsedTime(began).TotalSeconds * Environment.ProcessorCount);
            taken.Add((Math.Max(0, others), walls, processors));
        }

        var quiet = taken.OrderBy(t => t.Others).Take(Math.Max(3, taken.Count / 2)).ToList();
        var count = contestants.Length;
        return new Result(
            [.. Enumerable.Range(0, count).Select(i => Median(quiet.Select(q => q.Wall[i])))],
            [.. Enumerable.Range(0, count).Select(i => Median(quiet.Select(q => q.Processor[i])))],
            quiet.Average(q => q.Others));
    }

    public static double Median(IEnumerable<double> values)
    {
        var sorted = values.Order().ToList();
        return sorted[sorted.Count / 2];
    }

    /// <summary>Seconds that the machine's processors have worked, all processes together.</summary>
    private static double Busy()
    {
        var fields = File.ReadLines("/proc/stat").First().Split(' ', StringSplitOptions.RemoveEmptyEntries).Skip(1).Select(f => long.Parse(
            f, CultureInfo.InvariantCulture)).ToArray();
        // All but idle and waiting for disks; in hundredths.
        return (fields[0] + fields[1] + fields[2] + fields[5] + fields[6] + fields[7]) / 100.0;
    }

    private static double Own()
    {
        using var process = Process.GetCurrentProcess();
        return process.TotalProcessorTime.TotalSeconds;
    }
}
