namespace Ark.Inference;

/// <summary>
/// How many bytes of pictures a host decodes and holds at a time, over all of its models. A picture's bytes are known from its header; it
/// waits, in turn, until there is room. One that is larger than the whole budget goes through alone. Thread-safe.
/// </summary>
/// <param name="most">The budget, in bytes.</param>
/// <param name="instruments">Are told how much is in flight.</param>
/// <param name="memory">Gives back what is freed, where the host wants that.</param>
internal sealed class DecodingBudget(long most, ServingInstruments instruments, FreedMemory? memory = null) : IDisposable
{
    private readonly Lock _lock = new();
    private readonly LinkedList<(long Bytes, TaskCompletionSource Admitted)> _waiting = [];
    private long _inFlight;

    /// <summary>Pictures that wait for room.</summary>
    internal int Waiting
    {
        get
        {
            lock (_lock) return _waiting.Count;
        }
    }

    /// <summary>Begins the decoding of one image; the lease's end gives back what it took.</summary>
    /// <param name="cancellationToken">Ends the waiting for room.</param>
    public DecodingLease Lend(CancellationToken cancellationToken) => new(this, cancellationToken);

    /// <summary>Takes bytes. The calling thread waits for them: it is one that decodes, with a header in its hands.</summary>
    /// <exception cref="OperationCanceledException">The caller gave up.</exception>
    internal void Take(long bytes, CancellationToken cancellationToken)
    {
        LinkedListNode<(long, TaskCompletionSource Admitted)> place;
        lock (_lock)
        {
            if (_waiting.Count == 0 && HasRoom(bytes))
            {
                Hold(bytes);
                return;
            }

            place = _waiting.AddLast((bytes, new TaskCompletionSource()));
        }

        try
        {
            place.Value.Admitted.Task.Wait(cancellationToken);
        }
        catch (OperationCanceledException)
        {
            bool quiet;
            lock (_lock)
            {
                if (place.List is not null) _waiting.Remove(place);
                else Release(bytes);
                // Whoever stood behind may be smaller.
                Admit();
                quiet = _inFlight == 0;
            }

            memory?.Freed(0, quiet);
            throw;
        }
    }

    /// <summary>Takes bytes without waiting, for one that has been let in: two that wait for each other would wait for ever.</summary>
    internal void TakeMore(long bytes)
    {
        lock (_lock) Hold(bytes);
    }

    internal void Give(long bytes)
    {
        bool quiet;
        lock (_lock)
        {
            Release(bytes);
            Admit();
            quiet = _inFlight == 0;
        }

        memory?.Freed(bytes, quiet);
    }

    public void Dispose() => memory?.Dispose();

    private bool HasRoom(long bytes) => _inFlight == 0 || _inFlight + bytes <= most;

    private void Hold(long bytes)
    {
        _inFlight += bytes;
        instruments.Decoding(bytes);
    }

    private void Release(long bytes)
    {
        _inFlight -= bytes;
        instruments.Decoding(-bytes);
    }

    private void Admit()
    {
        while (_waiting.First is { } first && HasRoom(first.Value.Bytes))
        {
            _waiting.RemoveFirst();
            Hold(first.Value.Bytes);
            first.Value.Admitted.SetResult();
        }
    }
}
