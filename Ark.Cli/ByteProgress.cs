using System.Diagnostics;
using System.Globalization;

namespace Ark.Cli;

/// <summary>Shows how far the reading of a file is, with throughput and time left, a few times a second.</summary>
internal sealed class ByteProgress(ConsoleReporter reporter, string verb) : IProgress<WorkProgress>
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(200);
    private readonly Stopwatch _clock = Stopwatch.StartNew();
    private TimeSpan _last;

    public void Report(WorkProgress value) => Report(value.Done, value.Total);

    public void Report(long done, long total)
    {
        if (_clock.Elapsed - _last < Interval) return;
        _last = _clock.Elapsed;
        var rate = done / _last.TotalSeconds;
        var left = rate > 0 ? string.Create(CultureInfo.InvariantCulture, $" · {(total - done) / rate:F0} s left") : "";
        reporter.Live(
            string.Create(CultureInfo.InvariantCulture, $"{verb} {done / 1e6:F0}/{total / 1e6:F0} MB · {rate / 1e6:F0} MB/s{left}"));
    }
}
