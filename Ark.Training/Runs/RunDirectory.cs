using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Ark.Training;

/// <summary>
/// The folder of one run: <c>config.json</c>, <c>metrics.jsonl</c>, <c>checkpoints/</c> and <c>report.html</c>. While it is open no other process can use it.
/// </summary>
internal sealed class RunDirectory : IDisposable
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
    private static readonly JsonSerializerOptions OneLine = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
    private readonly FileStream _lock;
    private EventFile? _events;

    private RunDirectory(string path, FileStream @lock)
    {
        FullPath = path;
        _lock = @lock;
    }

    public string FullPath { get; }

    public string ConfigPath => Path.Combine(FullPath, "config.json");

    public string MetricsPath => Path.Combine(FullPath, "metrics.jsonl");

    public string LastCheckpoint => Path.Combine(FullPath, "checkpoints", "last.pth.tar");

    public string BestCheckpoint => Path.Combine(FullPath, "checkpoints", "best.pth.tar");

    public string EpochCheckpoint(int epoch) => Path.Combine(FullPath, "checkpoints", $"epoch-{epoch:D4}.pth.tar");

    /// <summary>Opens a folder for a new run, or for one that goes on.</summary>
    /// <param name="path">The folder; made where it is missing.</param>
    /// <param name="resume">Whether it must hold an unfinished run, rather than none.</param>
    /// <exception cref="ArkInputException">The folder cannot be used.</exception>
    public static RunDirectory Open(string path, bool resume)
    {
        var full = Path.GetFullPath(path);
        if (resume && !File.Exists(Path.Combine(full, "config.json")))
            throw new ArkInputException(path, null, "holds no run to resume: it has no config.json", "Give the folder that the run wrote to (--out).");
        if (!resume && File.Exists(Path.Combine(full, "config.json")))
            throw new ArkInputException(path, null, "holds a run already", "Choose another folder (--out), or go on with that run (--resume).");
        try
        {
            Directory.CreateDirectory(Path.Combine(full, "checkpoints"));
            return new RunDirectory(full, new FileStream(Path.Combine(full, ".lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None));
        }
        catch (UnauthorizedAccessException e)
        {
            throw new ArkInputException(path, null, "cannot be written to", "Choose a folder with write permission (--out).", e);
        }
        catch (IOException e)
        {
            throw new ArkInputException(path, null, File.Exists(Path.Combine(full, ".lock")) ? "is in use by another run" : $"cannot be used: {e.Message.TrimEnd('.')}",
                "Wait for it to end, or choose another folder (--out).", e);
        }
    }

    public void WriteConfig(JsonObject config) => AtomicFile.WriteAllText(ConfigPath, config.ToJsonString(Indented) + "\n");

    /// <summary>Draws the report of what the metrics say so far.</summary>
    public void WriteReport() => RedrawReport(FullPath);

    /// <summary>Draws the report of a run, which may be going on in another process.</summary>
    /// <param name="folder">The run's folder.</param>
    /// <returns>The report's path.</returns>
    /// <exception cref="ArkInputException">The folder holds no metrics, or they cannot be read.</exception>
    public static string RedrawReport(string folder)
    {
        var metrics = Path.Combine(folder, "metrics.jsonl");
        if (!File.Exists(metrics)) throw new ArkInputException(folder, null, "holds no metrics of a run: it has no metrics.jsonl", "Give the folder that the run wrote to (--out).");
        var config = Path.Combine(folder, "config.json");
        var report = Path.Combine(folder, "report.html");
        try
        {
            AtomicFile.WriteAllText(report, RunReport.Render(RunMetrics.Read(metrics), File.Exists(config) ? JsonNode.Parse(File.ReadAllText(config)) as JsonObject : null));
        }
        catch (JsonException e)
        {
            throw new ArkInputException(config, null, "is not the configuration of a run", "Restore the file that the run wrote.", e);
        }
        catch (UnauthorizedAccessException e)
        {
            throw new ArkInputException(report, null, "cannot be written", "Give yourself write permission to the run's folder.", e);
        }

        return report;
    }

    /// <summary>Also writes TensorBoard events from here on; those of a run that goes on are brought to the state of its metrics.</summary>
    public void WriteEvents() => _events = EventFile.Open(Path.Combine(FullPath, "tensorboard"), RunMetrics.Read(MetricsPath));

    /// <summary>The length of the metrics so far: a checkpoint remembers it, so that resuming can drop what came after.</summary>
    public long MetricsLength => File.Exists(MetricsPath) ? new FileInfo(MetricsPath).Length : 0;

    /// <summary>Drops metrics that were written after the checkpoint which the run goes on from.</summary>
    public void TruncateMetrics(long length)
    {
        if (MetricsLength <= length) return;
        using var stream = new FileStream(MetricsPath, FileMode.Open, FileAccess.Write);
        stream.SetLength(length);
    }

    /// <summary>Adds one line to the metrics.</summary>
    public void AppendMetrics(JsonObject line)
    {
        using var stream = new FileStream(MetricsPath, FileMode.Append, FileAccess.Write, FileShare.Read);
        stream.Write(Encoding.UTF8.GetBytes(line.ToJsonString(OneLine) + "\n"));
        _events?.Append(line);
    }

    public void Dispose() => _lock.Dispose();
}
