namespace Ark;

/// <summary>
/// What has been acquired for an object that is not whole yet. Whoever asks for it gets nothing to dispose when its making throws, so the
/// parts are disposed then, the last one first.
/// </summary>
internal sealed class Unfinished : IDisposable
{
    private readonly List<IDisposable> _parts = [];

    /// <summary>Takes a part in charge until the object is whole.</summary>
    public T Keep<T>(T part)
        where T : IDisposable
    {
        _parts.Add(part);
        return part;
    }

    /// <summary>The object is whole: from now on the parts are its own.</summary>
    public void Finish() => _parts.Clear();

    /// <summary>Hands one part over; what is left is disposed.</summary>
    public T Release<T>(T part)
        where T : IDisposable
    {
        _parts.Remove(part);
        return part;
    }

    public void Dispose()
    {
        for (var i = _parts.Count - 1; i >= 0; i--) _parts[i].Dispose();
        _parts.Clear();
    }
}
