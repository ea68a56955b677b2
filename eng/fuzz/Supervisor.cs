using System.Diagnostics;
using System.Globalization;
using System.Text.Json;

namespace Ark.Fuzz;

/// <summary>
/// Runs each door in a process of its own, and starts another where one has ended: a stack that is too deep or a fault in native code ends
/// a process, and what it was reading is kept.
/// </summary>
internal sealed class Supervisor(string output, TimeSpan duration, ulong seed, int parallel)
{
    private const int MaxStarts = 40;
    private const long MaxResident = 4L << 30;

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(4);

    private readonly Dictionary<string, Statistics> _results = new(StringComparer.Ordinal);

    /// <summary>Runs doors, some at a time.</summary>
    /// <returns>Whether nothing was found.</returns>
    public bool Run(IReadOnlyList<FuzzTarget> doors)
    {
        var program = Instrumented.Prepare(Path.Combine(output, "instrumented"));
        Parallel.ForEach(doors, new ParallelOptions { MaxDegreeOfParallelism = parallel }, door =>
        {
            var result = Run(program, door.Name);
            lock (_results) _results[door.Name] = result;
        });
        Console.WriteLine();
        Console.WriteLine("| door | executions | minutes | processor minutes | read | refused | outcomes | branches | crashes | hangs "
            + "| over a limit | largest allocation | largest rise | resident | longest |");
        Console.WriteLine("|---|---|---|---|---|---|---|---|---|---|---|---|---|---|---|");
        foreach (var door in doors)
        {
            var s = _results[door.Name];
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| {door.Name} | {s.Executions:N0} | {s.Seconds / 60:F1} | "
                + $"{s.ProcessorSeconds / 60:F1} | {s.Accepted:N0} | {s.Refused:N0} | {s.Features} | {s.Branches:N0} | "
                + $"{s.Crashes} | {s.Hangs} | {s.Excesses} | "
                + $"{s.LargestAllocation >> 20} MB | "
                + $"{s.LargestRise >> 20} MB | {s.Resident >> 20} MB | {s.LongestSeconds:F2} s |"));
        }

        return _results.Values.All(s => s is { Crashes: 0, Hangs: 0, Excesses: 0 });
    }

    private Statistics Run(string program, string door)
    {
        var sum = new Statistics();
        var clock = Stopwatch.StartNew();
        for (var start = 0; start < MaxStarts && duration - clock.Elapsed > TimeSpan.FromSeconds(2); start++)
        {
            var left = duration - clock.Elapsed;
            var folder = Directory.CreateDirectory(Path.Combine(output, door)).FullName;
            var file = Path.Combine(folder, $"statistics-{seed + (ulong)start}.json");
            File.Delete(file);
            var (code, why) = Work(program, door, seed + (ulong)start, left, file);
            var told = Read(code == ExitCodes.Hang ? Path.Combine(folder, Fuzzer.HungName) : file);
            if (told is not null) sum = sum.Plus(told);
            if (code is ExitCodes.Sound or ExitCodes.Findings) break;
            if (code == ExitCodes.Hang) continue;
            sum.Crashes++;
            Fuzzer.Save(folder, CurrentInput.Read(Fuzzer.CurrentPath(output, door)), new Finding("killed", $"exit code {code}", why));
        }

        return sum;
    }

    private (int Code, string Why) Work(
        string program, string door, ulong workerSeed, TimeSpan time, string statistics)
    {
        var info = new ProcessStartInfo(program) { RedirectStandardError = true, UseShellExecute = false };
        string[] arguments =
        [
            "worker", door, "--seconds", ((int)time.TotalSeconds).ToString(CultureInfo.InvariantCulture), "--seed",
            workerSeed.ToString(CultureInfo.InvariantCulture), "--out", output, "--statistics", statistics,
        ];
        foreach (var argument in arguments) info.ArgumentList.Add(argument);
        // Two threads of libtorch for a matrix of a few numbers only disturb the other doors.
        info.Environment["OMP_NUM_THREADS"] = "1";
        info.Environment["MALLOC_ARENA_MAX"] = "2";
        using var process = Process.Start(info)!;
        var errors = process.StandardError.ReadToEndAsync();
        var clock = Stopwatch.StartNew();
        var why = "";
        while (!process.WaitForExit(1000))
        {
            if (ResidentMemory.Of(process.Id) > MaxResident) why = $"more than {MaxResident >> 30} GB in memory";
            else if (clock.Elapsed > time + Patience) why = "does not end";
            else continue;
            process.Kill(entireProcessTree: true);
            process.WaitForExit();
            break;
        }

        // Of one that was ended, by itself or from here.
        var work = Fuzzer.WorkPath(process.Id, door);
        if (Directory.Exists(work)) Directory.Delete(work, recursive: true);
        return (process.ExitCode, why + errors.GetAwaiter().GetResult());
    }

    private static Statistics? Read(string file) =>
        File.Exists(file) ? JsonSerializer.Deserialize<Statistics>(File.ReadAllText(file)) : null;
}
