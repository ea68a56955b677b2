using System.Diagnostics;
using System.Globalization;

namespace Ark.Cli;

/// <summary>
/// Shows a longer piece of work: throughput and time left on a terminal, a plain line now and then on a pipe, warnings always.
/// </summary>
internal sealed class WorkReporter(ConsoleReporter reporter, bool isLive, string unit = "images") : IProgress<WorkProgress>
{
    private static readonly TimeSpan LiveInterval = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan PlainInterval = TimeSpan.FromSeconds(20);
    private readonly Lock _lock = new();
    private readonly Stopwatch _clock = Stopwatch.StartNew();
    private string? _what;
    private TimeSpan _begun;
    private TimeSpan _last;
    private long _first;

    public void Report(WorkProgress value)
    {
        if (value.Warning is { } warning)
        {
            reporter.Line($"warning: {OneLine.Of(warning)}", evenIfQuiet: true);
            return;
        }

        lock (_lock)
        {
            var now = _clock.Elapsed;
            if (value.What != _what) (_what, _begun, _last, _first) = (value.What, now, now, value.Done);
            if (now - _last < (isLive ? LiveInterval : PlainInterval)) return;
            _last = now;
            var rate = (value.Done - _first) / Math.Max(0.001, (now - _begun).TotalSeconds);
            var left = rate > 0 ? string.Create(CultureInfo.InvariantCulture, $" · {(value.Total - value.Done) / rate:F0} s left") : "";
            var text = string.Create(CultureInfo.InvariantCulture, $"{value.What} {value.Done}/{value.Total} · {rate:G3} {unit}/s{left}");
            if (isLive) reporter.Live(text);
            else reporter.Line(text);
        }
    }
}
