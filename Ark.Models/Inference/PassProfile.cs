using System.Diagnostics;

namespace Ark.Models;

/// <summary>Where the time of a pass goes, as the first thread sees it, its waiting for the others included. For benchmarks.</summary>
internal sealed class PassProfile
{
    private readonly Dictionary<string, (long Ticks, double Flops)> _spent = [];
    private long _since;

    /// <summary>Seconds and floating-point operations by kind of work.</summary>
    public IReadOnlyDictionary<string, (double Seconds, double Flops)> Spent =>
        _spent.ToDictionary(s => s.Key, s => (s.Value.Ticks / (double)Stopwatch.Frequency, s.Value.Flops));

    public void Begin() => _since = Stopwatch.GetTimestamp();

    public void End(string work, double flops = 0)
    {
        var now = Stopwatch.GetTimestamp();
        var (ticks, before) = _spent.GetValueOrDefault(work);
        _spent[work] = (ticks + now - _since, before + flops);
        _since = now;
    }
}
