using System.Diagnostics;
using System.Globalization;
using Ark.Training;

namespace Ark.Cli;

/// <summary>
/// Shows progress: one live line for a person, plain lines for a pipe, nothing where quiet was asked for; warnings always.
/// </summary>
internal sealed class ConsoleReporter(Terminal terminal, bool quiet) : IProgress<TrainingProgress>, IDisposable
{
    private static readonly TimeSpan PlainInterval = TimeSpan.FromSeconds(20);

    private readonly Lock _lock = new();
    private bool _lineIsOpen;
    private long _lastLine = Stopwatch.GetTimestamp();

    public void Report(TrainingProgress value)
    {
        if (value.Message is { } message)
        {
            if (value.IsWarning) Line($"warning: {message}", evenIfQuiet: true);
            else Line(value.Remaining is { } remaining ? $"{message}  ({Time(remaining)} left)" : message);
        }
        else if (terminal.IsLive)
        {
            Live(Status(value));
        }
        else if (Stopwatch.GetElapsedTime(_lastLine) >= PlainInterval)
        {
            Line(Status(value));
        }
    }

    /// <summary>Shows a status that the next one overwrites; nothing on a pipe.</summary>
    public void Live(string status)
    {
        if (!terminal.IsLive || quiet) return;
        lock (_lock)
        {
            terminal.Error.Write("\r\u001b[2K" + status);
            _lineIsOpen = true;
        }
    }

    /// <summary>Writes a line that stays.</summary>
    public void Line(string text, bool evenIfQuiet = false)
    {
        if (quiet && !evenIfQuiet) return;
        lock (_lock)
        {
            if (_lineIsOpen) terminal.Error.Write("\r\u001b[2K");
            _lineIsOpen = false;
            _lastLine = Stopwatch.GetTimestamp();
            terminal.Error.WriteLine(text);
        }
    }

    public void Dispose() => Clear();

    /// <summary>Takes the status away, for what is written to standard output.</summary>
    public void Clear()
    {
        lock (_lock)
        {
            if (_lineIsOpen) terminal.Error.Write("\r\u001b[2K");
            _lineIsOpen = false;
        }
    }

    private static string Status(TrainingProgress p)
    {
        var parts = new List<string>();
        if (p.Epoch > 0) parts.Add($"epoch {p.Epoch}/{p.Epochs}");
        parts.Add($"{Verb(p.Phase)} {p.Dataset} {p.Step}/{p.Steps}");
        if (p.TaskLoss is { } task) parts.Add(string.Create(CultureInfo.InvariantCulture, $"loss {task:F4}"));
        if (p.ConsistencyLoss is { } consistency) parts.Add(string.Create(CultureInfo.InvariantCulture, $"consistency {consistency:F4}"));
        if (p.ImagesPerSecond is { } rate) parts.Add(string.Create(CultureInfo.InvariantCulture, $"{rate:F0} images/s"));
        if (p.Remaining is { } remaining) parts.Add($"{Time(remaining)} left");
        return string.Join(" · ", parts);
    }

    private static string Verb(TrainingPhase phase) => phase switch
    {
        TrainingPhase.Training => "training on",
        TrainingPhase.Validating => "validating on",
        TrainingPhase.Testing => "testing on",
        TrainingPhase.Baseline => "pixel baseline of",
        _ => "preparing",
    };

    private static string Time(TimeSpan time) => time.TotalHours >= 1
        ? string.Create(CultureInfo.InvariantCulture, $"{(int)time.TotalHours}h{time.Minutes:D2}m")
        : string.Create(CultureInfo.InvariantCulture, $"{time.Minutes}m{time.Seconds:D2}s");
}
