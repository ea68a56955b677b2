using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Ark.Models;

/// <summary>
/// Where the time of a pass goes: the first thread's processor time on Linux, so that other processes do not count, its waiting for the
/// other threads included. For benchmarks.
/// </summary>
/// <remarks>Rests on: a time being two numbers of the size of a pointer, as on 64-bit Linux.</remarks>
internal sealed class PassProfile
{
    private readonly Dictionary<string, (double Seconds, double Flops)> _spent = [];
    private double _since;

    /// <summary>Seconds and floating-point operations by kind of work.</summary>
    public IReadOnlyDictionary<string, (double Seconds, double Flops)> Spent => _spent;

    public void Begin() => _since = Now();

    public void End(string work, double flops = 0)
    {
        var now = Now();
        var (seconds, before) = _spent.GetValueOrDefault(work);
        _spent[work] = (seconds + now - _since, before + flops);
        _since = now;
    }

    /// <summary>The clock of this thread, in seconds.</summary>
    internal static double Now()
    {
        const int ThreadProcessorTime = 3;
        return OperatingSystem.IsLinux() && ReadClock(ThreadProcessorTime, out var time) == 0
            ? time.Seconds + (time.Nanoseconds / 1e9)
            : Stopwatch.GetTimestamp() / (double)Stopwatch.Frequency;
    }

    [DllImport("libc", EntryPoint = "clock_gettime")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int ReadClock(int clock, out TimeSpec time);

    [StructLayout(LayoutKind.Sequential)]
    private struct TimeSpec
    {
        public nint Seconds;
        public nint Nanoseconds;
    }
}
