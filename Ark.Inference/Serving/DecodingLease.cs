using Ark.Data;

namespace Ark.Inference;

/// <summary>One image's part of the budget. Not thread-safe: an image is decoded by one thread.</summary>
/// <param name="budget">The budget.</param>
/// <param name="cancellationToken">Ends the waiting for room.</param>
internal sealed class DecodingLease(DecodingBudget budget, CancellationToken cancellationToken) : IDisposable
{
    private long _bytes;

    /// <summary>
    /// The decoder, waiting for room between header and pixels. Only the built-in one can say how large a picture will be; what another
    /// decodes is not counted.
    /// </summary>
    public IImageDecoder Through(IImageDecoder decoder) => decoder is NetVipsImageDecoder known ? known.Announcing(Take) : decoder;

    /// <summary>Counts what is made of the picture, in its own size; nothing waits for that.</summary>
    public void Add(long bytes)
    {
        budget.TakeMore(bytes);
        _bytes += bytes;
    }

    public void Dispose()
    {
        if (_bytes > 0) budget.Give(_bytes);
        _bytes = 0;
    }

    private void Take(long bytes)
    {
        if (_bytes > 0)
        {
            Add(bytes);
            return;
        }

        budget.Take(bytes, cancellationToken);
        _bytes = bytes;
    }
}
