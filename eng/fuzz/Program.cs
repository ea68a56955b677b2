using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Ark.Fuzz;

var door = new Argument<string>("DOOR") { Description = "the door, or all: " + string.Join(", ", Doors.All.Select(d => d.Name)) };
var minutes = new Option<double>("--minutes") { Description = "how long each door is tried", DefaultValueFactory = _ => 30 };
var seed = new Option<ulong>("--seed") { Description = "decides every change", DefaultValueFactory = _ => 1 };
var output = new Option<string>("--out")
{
    Description = "the folder that gets what was found",
    DefaultValueFactory = _ => Path.Combine(Path.GetTempPath(), "ark-fuzz"),
};
var parallel = new Option<int>("--parallel") { Description = "doors at a time", DefaultValueFactory = _ => 2 };

var run = new Command("run", "Try doors for a long time, each in a process of its own.") { door, minutes, seed, output, parallel };
run.SetAction(parsed => Named(parsed, out var doors)
    ? new Supervisor(
        Path.GetFullPath(parsed.GetRequiredValue(output)),
        TimeSpan.FromMinutes(parsed.GetValue(minutes)),
        parsed.GetValue(seed),
        parsed.GetValue(parallel)).Run(doors) ? ExitCodes.Sound : ExitCodes.Findings
    : ExitCodes.Usage);

var seconds = new Option<int>("--seconds");
var statistics = new Option<string>("--statistics") { Required = true };
var worker = new Command("worker", "What 'run' starts.") { door, seconds, seed, output, statistics };
worker.Hidden = true;
worker.SetAction(parsed =>
{
    if (!Named(parsed, out var doors)) return ExitCodes.Usage;
    var clock = Stopwatch.StartNew();
    var time = TimeSpan.FromSeconds(parsed.GetValue(seconds));
    using var fuzzer = new Fuzzer(doors[0], parsed.GetValue(seed), Path.GetFullPath(parsed.GetRequiredValue(output)));
    fuzzer.Run(_ => clock.Elapsed < time, Tell);
    Tell(fuzzer.Statistics);
    File.WriteAllLines(Path.Combine(parsed.GetRequiredValue(output), doors[0].Name, "outcomes.txt"), fuzzer.Features);
    return fuzzer.Findings.Count == 0 ? ExitCodes.Sound : ExitCodes.Findings;

    void Tell(Statistics s)
    {
        File.WriteAllText(parsed.GetRequiredValue(statistics), JsonSerializer.Serialize(s));
        Console.WriteLine($"{doors[0].Name,-12}{s}");
    }
});

var file = new Argument<string>("FILE") { Description = "the input that was kept" };
var replay = new Command("replay", "Send one input through a door, and tell what it does.") { file, door, output };
replay.SetAction(parsed =>
{
    if (!Named(parsed, out var doors)) return ExitCodes.Usage;
    using var fuzzer = new Fuzzer(doors[0], 1, Path.GetFullPath(parsed.GetRequiredValue(output)));
    Console.WriteLine(fuzzer.Replay(File.ReadAllBytes(parsed.GetRequiredValue(file))));
    Console.WriteLine(fuzzer.Statistics);
    return fuzzer.Findings.Count == 0 ? ExitCodes.Sound : ExitCodes.Findings;
});

var smoke = new Command("smoke", "Try every door a fixed number of times, always the same way.") { output };
smoke.SetAction(parsed =>
{
    const ulong always = 20;
    var sound = true;
    foreach (var target in Doors.All)
    {
        using var fuzzer = new Fuzzer(target, always, Path.GetFullPath(parsed.GetRequiredValue(output)));
        var most = target.SmokeExecutions;
        fuzzer.Run(s => s.Executions < most);
        var s = fuzzer.Statistics;
        // A door at which all or nothing is refused is not tried.
        var isTried = s.Accepted > 0 && (s.Refused > 0 || !target.Refuses);
        sound &= fuzzer.Findings.Count == 0 && isTried;
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{target.Name,-12}{s.Executions,6} executions, "
            + $"{s.Features,4} outcomes, "
            + $"{s.Accepted} read, {s.Refused} refused, {s.LargestAllocation >> 20} MB, {s.Seconds:F1} s: "
            + $"{(fuzzer.Findings.Count > 0 ? $"{fuzzer.Findings.Count} FOUND" : isTried ? "sound" : "NOT TRIED")}"));
    }

    return sound ? ExitCodes.Sound : ExitCodes.Findings;
});

return new RootCommand("""
    Sends changed files and requests through every door of Ark. Each must be read, or refused as the door promises.

    Examples:
      dotnet run -c Release --project eng/fuzz -- smoke
      dotnet run -c Release --project eng/fuzz -- run all --minutes 30 --out /tmp/found
      dotnet run -c Release --project eng/fuzz -- replay /tmp/found/png/crash-0123456789ab png
    """) { run, worker, replay, smoke }.Parse(args)
        // A fault of a worker itself must not look like an end with findings.
        .Invoke(new InvocationConfiguration { EnableDefaultExceptionHandler = false });

bool Named(ParseResult parsed, out IReadOnlyList<FuzzTarget> doors)
{
    doors = Doors.Named(parsed.GetRequiredValue(door));
    if (doors.Count > 0) return true;
    Console.Error.WriteLine($"There is no door '{parsed.GetValue(door)}'. There are: {string.Join(", ", Doors.All.Select(d => d.Name))}.");
    return false;
}
