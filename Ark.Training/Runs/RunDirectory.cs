using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Ark.Training;

/// <summary>
/// The folder of one run: <c>config.json</c>, <c>metrics.jsonl</c>, <c>checkpoints/</c> and <c>report.html</c>. While it is open no other
/// process can use it: the lock is an open handle, which the system takes back from a process that dies.
/// </summary>
internal sealed class RunDirectory : IDisposable
{
    /// <summary>The name of the file that a run of the command line leaves when it has ended.</summary>
    public const string ResultsName = "results.json";

    private static readonly JsonSerializerOptions Indented = new()
    {
        WriteIndented = true,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };
    private static readonly JsonSerializerOptions OneLine = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
    private readonly FileStream _lock;
    private EventFile? _events;
    private RunHistory? _history;

    private RunDirectory(string path, FileStream @lock)
    {
        (FullPath, ResumePath) = (path, path);
        _lock = @lock;
    }

    public string FullPath { get; }

    /// <summary>The folder that goes on, for messages; another one where this is a part of it.</summary>
    public string ResumePath { private get; set; }

    public string ConfigPath => Path.Combine(FullPath, "config.json");

    public string MetricsPath => Path.Combine(FullPath, "metrics.jsonl");

    public string ReportPath => Path.Combine(FullPath, "report.html");

    public string FailurePath => Path.Combine(FullPath, "failure.json");

    public string LastCheckpoint => Path.Combine(FullPath, "checkpoints", "last.pth.tar");

    public string BestCheckpoint => Path.Combine(FullPath, "checkpoints", "best.pth.tar");

    public string EpochCheckpoint(int epoch) => Path.Combine(FullPath, "checkpoints", $"epoch-{epoch:D4}.pth.tar");

    /// <summary>The checkpoint that was the last one some saves ago.</summary>
    public string EarlierCheckpoint(int saves) => Path.Combine(FullPath, "checkpoints", $"last-{saves}.pth.tar");

    /// <summary>Opens a folder for a new run, or for one that goes on, and clears away what a killed process left half-written.</summary>
    /// <param name="path">The folder; made where it is missing.</param>
    /// <param name="resume">Whether it must hold an unfinished run, rather than none.</param>
    /// <exception cref="ArkInputException">The folder cannot be used.</exception>
    public static RunDirectory Open(string path, bool resume)
    {
        var full = Path.GetFullPath(path);
        bool HoldsRun() => File.Exists(Path.Combine(full, "config.json"));
        if (resume && !HoldsRun())
        {
            throw new ArkInputException(path, null, "holds no run to resume: it has no config.json",
                "Give the folder that the run wrote to.");
        }
        var directory = new RunDirectory(full, RunLock.Take(path));
        try
        {
            Directory.CreateDirectory(Path.Combine(full, "checkpoints"));
            // Asked under the lock: another process may have begun, and ended, a run here a moment ago.
            if (!resume && (HoldsRun() || File.Exists(Path.Combine(full, ResultsName))))
            {
                throw new ArkInputException(path, null, "holds a run already",
                    "Choose another folder ('Directory'), or go on with that run ('Resume').");
            }
            // In a new run's folder too: one that was killed while it wrote its configuration is no run, and left half a file.
            directory.DeleteLeftovers();
            return directory;
        }
        catch
        {
            directory.Dispose();
            throw;
        }
    }

    public void WriteConfig(JsonObject config) => WriteText(ConfigPath, config.ToJsonString(Indented) + "\n");

    /// <summary>Writes what a run stopped at.</summary>
    public void WriteFailure(JsonObject failure) => WriteText(FailurePath, failure.ToJsonString(Indented) + "\n");

    /// <summary>
    /// Draws the report of what the metrics say so far. They are read once: the report of every epoch would else read all epochs before it.
    /// </summary>
    public void WriteReport() => WriteText(ReportPath, RunReport.Of(FullPath, _history ??= RunHistory.Of(RunMetrics.Read(MetricsPath))));

    /// <summary>Also writes TensorBoard events from here on; those of a run that goes on are brought to the state of its metrics.</summary>
    public void WriteEvents() =>
        Writing(() => _events = EventFile.Open(Path.Combine(FullPath, "tensorboard"), RunMetrics.Read(MetricsPath)));

    /// <summary>Carries out something that writes here; where the disk refuses, the run stops with one clear line.</summary>
    public void Writing(Action write)
    {
        try
        {
            write();
        }
        catch (Exception e) when (UnwritableFile.Is(e) || e is CheckpointException { InnerException: not null })
        {
            var cause = e is CheckpointException checkpoint ? $"{checkpoint.InputSource} {checkpoint.Problem}" : UnwritableFile.Reason(e);
            throw new TrainingStoppedException(
                $"{FullPath}: the run cannot be written: {cause}. What was written before is unchanged; make room or mend the folder, "
                    + $"then go on with: 'Resume' {ShellPath.Quoted(ResumePath)}",
                e);
        }
    }

    /// <summary>The length of the metrics so far: a checkpoint remembers it, so that resuming can drop what came after.</summary>
    public long MetricsLength => File.Exists(MetricsPath) ? new FileInfo(MetricsPath).Length : 0;

    /// <summary>Drops metrics that were written after the checkpoint which the run goes on from.</summary>
    public void TruncateMetrics(long length)
    {
        if (MetricsLength < length)
            throw new ArkInputException(
                MetricsPath,
                null,
                $"has {MetricsLength} bytes, the checkpoint was written when it had {length}",
                "Restore the file that the run wrote.");
        if (MetricsLength == length) return;
        _history = null;
        using var stream = new FileStream(MetricsPath, FileMode.Open, FileAccess.Write);
        stream.SetLength(length);
    }

    /// <summary>Adds one line to the metrics.</summary>
    public void AppendMetrics(JsonObject line) => Writing(() =>
    {
        var text = line.ToJsonString(OneLine);
        using (var stream = new FileStream(MetricsPath, FileMode.Append, FileAccess.Write, FileShare.Read)) stream.Write(
            Encoding.UTF8.GetBytes(text + "\n"));
        // As the file has it: the object stays its maker's.
        _history?.Add(JsonNode.Parse(text)!.AsObject());
        _events?.Append(line);
    });

    /// <summary>Brings the metrics to the disk, before a checkpoint that counts on them is.</summary>
    public void FlushMetrics()
    {
        if (!File.Exists(MetricsPath)) return;
        using var stream = new FileStream(MetricsPath, FileMode.Append, FileAccess.Write, FileShare.Read);
        stream.Flush(flushToDisk: true);
    }

    public void Dispose() => _lock.Dispose();

    private void DeleteLeftovers() => Writing(() =>
    {
        AtomicFile.DeleteLeftovers(FullPath);
        AtomicFile.DeleteLeftovers(Path.Combine(FullPath, "checkpoints"));
    });

    private void WriteText(string path, string text) =>
        Writing(() => AtomicFile.Write(path, stream => stream.Write(Encoding.UTF8.GetBytes(text))));
}
