namespace Ark.Data;

/// <summary>
/// Keeps the image buffers of batches for their next use. They are large, so loaders that are read in turn, such as those of a run's
/// datasets, should share one pool: it keeps no more buffers than were ever in use at once. Thread-safe.
/// </summary>
internal sealed class BatchBufferPool
{
    private readonly Lock _lock = new();
    private readonly List<float[]> _idle = [];
    private int _out;
    private int _mostOut;

    /// <summary>How many buffers lie idle.</summary>
    public int IdleCount
    {
        get
        {
            lock (_lock) return _idle.Count;
        }
    }

    /// <summary>How many buffers are handed out.</summary>
    internal int InUseCount
    {
        get
        {
            lock (_lock) return _out;
        }
    }

    /// <summary>Hands a buffer out; its content is left over from its last use.</summary>
    /// <param name="length">Its exact length.</param>
    /// <returns>The buffer.</returns>
    internal float[] Rent(int length)
    {
        lock (_lock)
        {
            _mostOut = Math.Max(_mostOut, ++_out);
            var found = _idle.FindLastIndex(b => b.Length == length);
            if (found >= 0)
            {
                var buffer = _idle[found];
                _idle.RemoveAt(found);
                return buffer;
            }
        }

        return GC.AllocateUninitializedArray<float>(length);
    }

    /// <summary>Takes a buffer back.</summary>
    /// <param name="buffer">The buffer; nobody uses it any more.</param>
    internal void Return(float[] buffer)
    {
        lock (_lock)
        {
            _out--;
            _idle.Add(buffer);
            // The first is the one that was not wanted for longest: a buffer of a size that is not in use any more goes.
            if (_idle.Count + _out > _mostOut) _idle.RemoveAt(0);
        }
    }
}
