using Ark.Inference;
using Microsoft.Extensions.Options;

namespace Ark.Service;

/// <summary>
/// Lets uploads in: first they are read, many at a time, then they wait for a turn with the networks. A slow caller holds a place among
/// those who are read, and no turn. How many come here at all is the rate limiter's matter.
/// </summary>
internal sealed class UploadQueue(IOptions<ServiceLimits> limits, IOptions<ArkOptions> shared) : IDisposable
{
    // Large uploads leave as much again when they are answered, pictures of 30 megapixels with outlines several hundred megabytes.
    private const long Garbage = 64 << 20;

    private readonly UploadBudget _budget = new(limits.Value.MaxUploadBytesInMemory);
    private readonly SemaphoreSlim _reading = new(limits.Value.MaxConcurrency);
    private readonly SemaphoreSlim _explaining = new(limits.Value.MaxConcurrentHeatMaps);
    private long _collected;

    /// <summary>The picture of a request, when it is its turn to be answered.</summary>
    /// <param name="request">The request.</param>
    /// <param name="policy">Whose turns: <see cref="ModelEndpoints.Reading"/> or <see cref="ModelEndpoints.Explaining"/>.</param>
    /// <param name="cancellationToken">Ends reading and waiting.</param>
    /// <returns>The upload, which the caller disposes.</returns>
    public async Task<Upload> TakeAsync(HttpRequest request, string policy, CancellationToken cancellationToken)
    {
        var turns = policy == ModelEndpoints.Explaining ? _explaining : _reading;
        var room = _budget.Lend();
        try
        {
            var bytes = await UploadReader.ReadAsync(request, limits.Value, room, cancellationToken);
            await turns.WaitAsync(cancellationToken);
            Collect();
            return new Upload(bytes, room, turns);
        }
        catch
        {
            room.Dispose();
            throw;
        }
    }

    // What the picture before has left: pictures that are shown under their answers live longer than the host's budget for decoding them.
    private void Collect()
    {
        if (!shared.Value.ReturnMemory || GC.GetTotalAllocatedBytes() - Volatile.Read(ref _collected) < Garbage) return;
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Forced, blocking: true, compacting: false);
        Volatile.Write(ref _collected, GC.GetTotalAllocatedBytes());
    }

    public void Dispose()
    {
        _reading.Dispose();
        _explaining.Dispose();
    }
}
