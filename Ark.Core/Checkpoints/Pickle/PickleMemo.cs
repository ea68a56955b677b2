namespace Ark;

/// <summary>
/// What a pickle remembers, by the number that it chose. Numbers are hashed with the process's seed, so that a file cannot choose ones
/// that lie in one place: .NET hashes a number to itself.
/// </summary>
internal sealed class PickleMemo : IEqualityComparer<uint>
{
    private readonly Dictionary<uint, object?> _entries;

    public PickleMemo() => _entries = new Dictionary<uint, object?>(this);

    public int Count => _entries.Count;

    /// <summary>How many entries were compared with a number that was looked up: the work, whatever the clock says.</summary>
    public long Comparisons { get; private set; }

    public void Put(uint index, object? value) => _entries[index] = value;

    public bool TryGet(uint index, out object? value) => _entries.TryGetValue(index, out value);

    public void Clear() => _entries.Clear();

    public bool Equals(uint x, uint y)
    {
        Comparisons++;
        return x == y;
    }

    public int GetHashCode(uint obj) => HashCode.Combine(obj);
}
