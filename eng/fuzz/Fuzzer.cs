using System.Diagnostics;
using System.Security.Cryptography;
using System.Text.Json;

namespace Ark.Fuzz;

/// <summary>Sends mutants through one door, keeps those that make something new happen, and writes down those that do harm.</summary>
internal sealed class Fuzzer : IDisposable
{
    /// <summary>What a process had done when an execution did not end.</summary>
    public const string HungName = "hung.json";

    private const int MaxCorpus = 4000;
    private const int MaxInput = 1 << 20;
    private const double PlainShare = 0.15;

    // Most mutants are refused, and most mutants of those again. Every other one is of an input that was read at least in part.
    private const double ReadShare = 0.6;

    // Messages repeat what files hold; so many of one beginning are new.
    private const int MaxAlike = 40;
    private const int Beginning = 40;

    // A run that ends above what it began with by more than this keeps something for each execution.
    private const long MaxGrowth = 600L << 20;
    private const int WarmUp = 2000;

    // In a hang the processor is busy, in a deadlock nothing is. The clock would tell neither: a process waits for its turn, or is stopped.
    private const int DeadlockLooks = 240;
    private static readonly TimeSpan BetweenLooks = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan Stirring = TimeSpan.FromMilliseconds(50);

    private readonly FuzzTarget _target;
    private readonly ulong _seed;
    private readonly string _output;
    private readonly string _work;
    private readonly CurrentInput _current;
    private readonly List<byte[]> _corpus;
    private readonly List<byte[]> _read;
    private readonly Dictionary<string, int> _alike = new(StringComparer.Ordinal);
    private readonly List<byte[]> _seeds;
    private readonly HashSet<string> _features = new(StringComparer.Ordinal);
    private readonly HashSet<string> _signatures = new(StringComparer.Ordinal);
    private readonly Lock _lock = new();
    private readonly Branches? _branches = Branches.OfThisProcess();
    private byte[]? _running;
    private TimeSpan _processorAtStart;
    private long _settled;

    public Fuzzer(FuzzTarget target, ulong seed, string output)
    {
        (_target, _seed) = (target, seed);
        _output = Path.Combine(output, target.Name);
        Directory.CreateDirectory(_output);
        _work = Directory.CreateDirectory(WorkPath(Environment.ProcessId, target.Name)).FullName;
        _current = new CurrentInput(CurrentPath(output, target.Name));
        _seeds = [.. target.Seeds()];
        _corpus = [.. _seeds];
        _read = [.. _seeds];
    }

    public Statistics Statistics { get; } = new();

    public List<Finding> Findings { get; } = [];

    public IReadOnlyCollection<string> Features => _features;

    public static string CurrentPath(string output, string door) => Path.Combine(output, door, "current");

    /// <summary>The folder in memory where a process writes what is read.</summary>
    public static string WorkPath(int process, string door) =>
        Path.Combine(Directory.Exists("/dev/shm") ? "/dev/shm" : Path.GetTempPath(), $"ark-fuzz-{process}-{door}");

    /// <summary>Executes until told to stop.</summary>
    /// <param name="goesOn">Whether to go on; asked before each execution.</param>
    /// <param name="progress">Is called now and then.</param>
    public void Run(Func<Statistics, bool> goesOn, Action<Statistics>? progress = null)
    {
        using var stop = new CancellationTokenSource();
        var watch = new Thread(() => Watch(stop.Token)) { IsBackground = true, Name = "watch" };
        watch.Start();
        var clock = Stopwatch.StartNew();
        var told = TimeSpan.Zero;
        for (var n = 0; goesOn(Statistics); n++)
        {
            Execute(n < _seeds.Count ? _seeds[n] : Next(n));
            Statistics.Seconds = clock.Elapsed.TotalSeconds;
            Statistics.ProcessorSeconds = Environment.CpuUsage.TotalTime.TotalSeconds;
            if (Statistics.Executions == WarmUp) _settled = Settled();
            if (progress is null || clock.Elapsed - told < TimeSpan.FromSeconds(10)) continue;
            told = clock.Elapsed;
            Statistics.Resident = ResidentMemory.Now;
            progress(Statistics);
        }

        stop.Cancel();
        watch.Join();
        Statistics.Resident = Settled();
        if (_settled > 0 && Statistics.Resident - _settled > MaxGrowth)
            Add(_corpus[^1], new Finding("memory", "growth", $"The process grew from {_settled >> 20} to {Statistics.Resident >> 20} MB."));
    }

    /// <summary>Executes one input, and tells what it did.</summary>
    public string Replay(byte[] input)
    {
        var known = Findings.Count;
        var before = _features.ToHashSet(StringComparer.Ordinal);
        Execute(input);
        return Findings.Count > known
            ? string.Join(Environment.NewLine, Findings.Skip(known).Select(f => $"{f.Kind}: {f.Detail}"))
            : string.Join(Environment.NewLine, _features.Except(before, StringComparer.Ordinal));
    }

    public void Dispose()
    {
        _current.Dispose();
        Directory.Delete(_work, recursive: true);
    }

    private byte[] Next(int n)
    {
        var random = new RandomStream(_seed, (ulong)n);
        var from = random.Chance(ReadShare) ? _read : _corpus;
        // What was found last is looked at more often.
        var at = from.Count - 1 - (int)(from.Count * Math.Pow(random.NextDouble(), 1.5));
        var input = from[Math.Clamp(at, 0, from.Count - 1)];
        do
        {
            input = random.Chance(PlainShare)
                ? _target.MutatePlainly(input, _corpus, random)
                : _target.Mutate(input, _corpus, random);
        }
        while (random.Chance(0.25));
        return input.Length <= MaxInput ? input : input[..MaxInput];
    }

    private void Execute(byte[] input)
    {
        _current.Set(input);
        var read = Statistics.Accepted;
        var (features, finding) = Measure(input);
        Statistics.Executions++;
        var isNew = false;
        foreach (var feature in features) isNew |= IsNew(feature);
        if (_branches is not null)
        {
            isNew |= _branches.TakeNew();
            Statistics.Branches = _branches.Count;
        }

        Statistics.Features = _features.Count;
        if (finding is not null) Add(input, finding);
        else if (isNew && _corpus.Count < MaxCorpus && input.Length <= MaxInput / 2)
        {
            _corpus.Add(input);
            if (Statistics.Accepted > read) _read.Add(input);
        }

        Statistics.Corpus = _corpus.Count;
    }

    private bool IsNew(string feature)
    {
        if (_features.Contains(feature)) return false;
        var beginning = feature[..Math.Min(Beginning, feature.Length)];
        var count = _alike.GetValueOrDefault(beginning);
        if (count >= MaxAlike) return false;
        _alike[beginning] = count + 1;
        return _features.Add(feature);
    }

    private (IReadOnlyList<string> Features, Finding? Finding) Measure(byte[] input)
    {
        var best = TimeSpan.MaxValue;
        for (var attempt = 0; ; attempt++)
        {
            var execution = new Execution(_target, _work);
            _branches?.Forget();
            ResidentMemory.Forget();
            var resident = ResidentMemory.Now;
            var (thread, total) = (GC.GetAllocatedBytesForCurrentThread(), GC.GetTotalAllocatedBytes());
            lock (_lock) (_running, _processorAtStart) = (input, Environment.CpuUsage.TotalTime);
            Exception? thrown = null;
            try
            {
                _target.Run(input, execution);
            }
            catch (Exception e)
            {
                thrown = e;
            }

            TimeSpan time;
            lock (_lock)
            {
                time = Environment.CpuUsage.TotalTime - _processorAtStart;
                _running = null;
            }

            var allocated = Math.Max(GC.GetAllocatedBytesForCurrentThread() - thread, GC.GetTotalAllocatedBytes() - total);
            var rise = ResidentMemory.Highest - resident;
            Statistics.Accepted += execution.Accepted;
            Statistics.Refused += execution.Refused;
            if (thrown is not null) return (execution.Features, Crash(thrown));
            if (time < best) best = time;
            if (best > _target.MaxTime(input.Length) && attempt < 2) continue;
            Statistics.LargestAllocation = Math.Max(Statistics.LargestAllocation, allocated);
            Statistics.LargestRise = Math.Max(Statistics.LargestRise, rise);
            Statistics.LongestSeconds = Math.Max(Statistics.LongestSeconds, best.TotalSeconds);
            var what = string.Join("; ", execution.Features);
            if (best > _target.MaxTime(input.Length))
                return (execution.Features, new Finding("slow", Short(what), $"{best.TotalSeconds:F1} s for {input.Length} bytes: {what}"));
            if (allocated > _target.MaxAllocated(input.Length))
                return (execution.Features, new Finding(
                    "allocation", Short(what), $"{allocated >> 20} MB allocated for {input.Length} bytes: {what}"));
            if (rise <= _target.MaxResident(input.Length)) return (execution.Features, null);
            // What other executions left may be in it: a second time tells.
            if (attempt >= 2)
                return (execution.Features, new Finding("memory", Short(what), $"{rise >> 20} MB more for {input.Length} bytes: {what}"));
            Settled();
        }
    }

    private static string Short(string text) => text.Length > 80 ? text[..80] : text;

    private static Finding Crash(Exception e)
    {
        var frames = (e.StackTrace ?? "").Split('\n', StringSplitOptions.TrimEntries);
        var own = frames.FirstOrDefault(f => f.StartsWith("at Ark.", StringComparison.Ordinal)
            && !f.StartsWith("at Ark.Fuzz.", StringComparison.Ordinal)) ?? frames[0];
        return new Finding("crash", $"{e.GetType().Name} {own.Split(" in ")[0]}", e.ToString());
    }

    private void Add(byte[] input, Finding finding)
    {
        if (finding.Kind is "hang") Statistics.Hangs++;
        else if (finding.Kind is "crash") Statistics.Crashes++;
        else Statistics.Excesses++;
        if (!_signatures.Add($"{finding.Kind} {finding.Signature}")) return;
        Findings.Add(finding);
        Save(_output, input, finding);
    }

    /// <summary>Keeps an input with its story.</summary>
    public static void Save(string folder, byte[] input, Finding finding)
    {
        var name = $"{finding.Kind}-{Convert.ToHexStringLower(SHA256.HashData(input).AsSpan(0, 6))}";
        File.WriteAllBytes(Path.Combine(folder, name), input);
        File.WriteAllText(Path.Combine(folder, name + ".txt"), $"{finding.Signature}{Environment.NewLine}{finding.Detail}");
        Console.WriteLine($"{Path.GetFileName(folder)}: FOUND {finding.Kind}, {finding.Signature}: {Path.Combine(folder, name)}");
    }

    // Ends the process at an execution that does not end.
    private void Watch(CancellationToken stop)
    {
        var idle = 0;
        var stirred = TimeSpan.Zero;
        while (!stop.WaitHandle.WaitOne(BetweenLooks))
        {
            lock (_lock)
            {
                var now = Environment.CpuUsage.TotalTime;
                if (_running is null || now - stirred > Stirring) (idle, stirred) = (0, now);
                else idle++;
                if (_running is null) continue;
                var time = now - _processorAtStart;
                if (time < 10 * _target.MaxTime(_running.Length) && idle < DeadlockLooks) continue;
                Statistics.Hangs++;
                Save(_output, _running, new Finding("hang", "hang", $"No end after {time.TotalSeconds:F0} s of processor time."));
                File.WriteAllText(Path.Combine(_output, HungName), JsonSerializer.Serialize(Statistics));
                Environment.Exit(ExitCodes.Hang);
            }
        }
    }

    private static long Settled()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect();
        return ResidentMemory.Now;
    }
}
