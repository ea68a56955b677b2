using System.Diagnostics;

namespace Ark.Training;

/// <summary>Resident memory of the process at one moment.</summary>
/// <param name="Epoch">The epoch that had just ended, from 1.</param>
/// <param name="ResidentBytes">Bytes resident then.</param>
/// <param name="PeakBytes">Most bytes resident at any time before.</param>
internal sealed record MemoryReading(int Epoch, long ResidentBytes, long PeakBytes)
{
    internal static MemoryReading Take(int epoch)
    {
        using var process = Process.GetCurrentProcess();
        return new MemoryReading(epoch, process.WorkingSet64, process.PeakWorkingSet64);
    }
}
