namespace Ark.Data;

/// <summary>
/// Python's <c>random.Random(seed)</c> (MT19937): the published code chooses subsets and smooth labels with it, and only the same numbers
/// give the same images and labels. Everything else draws from <see cref="RandomStream"/>.
/// </summary>
internal sealed class PythonRandom
{
    private const int Length = 624;
    private const int Middle = 397;

    private readonly uint[] _state = new uint[Length];
    private int _next = Length;

    /// <summary>Seeds as <c>random.seed(seed)</c> does.</summary>
    /// <param name="seed">The seed.</param>
    public PythonRandom(ulong seed)
    {
        Span<uint> key = [(uint)seed, (uint)(seed >> 32)];
        Seed(key[1] == 0 ? key[..1] : key);
    }

    /// <summary><c>random.random()</c>: uniform in [0, 1), 53 bits.</summary>
    /// <returns>The number.</returns>
    public double NextDouble()
    {
        var high = NextUInt32() >> 5;
        var low = NextUInt32() >> 6;
        return ((high * 67108864.0) + low) / 9007199254740992.0;
    }

    /// <summary><c>random.uniform(low, high)</c>.</summary>
    /// <param name="low">One end.</param>
    /// <param name="high">The other end.</param>
    /// <returns>The number.</returns>
    public double Uniform(double low, double high) => low + ((high - low) * NextDouble());

    /// <summary><c>random.shuffle(items)</c>.</summary>
    /// <param name="items">Reordered in place.</param>
    public void Shuffle(Span<int> items)
    {
        for (var i = items.Length - 1; i > 0; i--)
        {
            var j = Below((uint)i + 1);
            (items[i], items[j]) = (items[j], items[i]);
        }
    }

    /// <summary><c>random.getrandbits(32)</c>.</summary>
    /// <returns>32 random bits.</returns>
    public uint NextUInt32()
    {
        if (_next == Length) Refill();
        var y = _state[_next++];
        y ^= y >> 11;
        y ^= (y << 7) & 0x9D2C5680;
        y ^= (y << 15) & 0xEFC60000;
        return y ^ (y >> 18);
    }

    // As many bits as the bound has, drawn again while they are not below it.
    private int Below(uint bound)
    {
        var shift = System.Numerics.BitOperations.LeadingZeroCount(bound);
        uint drawn;
        do drawn = NextUInt32() >> shift;
        while (drawn >= bound);
        return (int)drawn;
    }

    private void Seed(ReadOnlySpan<uint> key)
    {
        _state[0] = 19650218;
        for (var i = 1; i < Length; i++) _state[i] = (1812433253 * Previous(i)) + (uint)i;
        var at = 1;
        for (var k = 0; k < Length; k++)
        {
            _state[at] = (_state[at] ^ (Previous(at) * 1664525)) + key[k % key.Length] + (uint)(k % key.Length);
            at = Advance(at);
        }

        for (var k = 0; k < Length - 1; k++)
        {
            _state[at] = (_state[at] ^ (Previous(at) * 1566083941)) - (uint)at;
            at = Advance(at);
        }

        _state[0] = 0x80000000;
    }

    private uint Previous(int i) => _state[i - 1] ^ (_state[i - 1] >> 30);

    private int Advance(int i)
    {
        if (i < Length - 1) return i + 1;
        _state[0] = _state[Length - 1];
        return 1;
    }

    private void Refill()
    {
        for (var i = 0; i < Length; i++)
        {
            var y = (_state[i] & 0x80000000) | (_state[(i + 1) % Length] & 0x7FFFFFFF);
            _state[i] = _state[(i + Middle) % Length] ^ (y >> 1) ^ ((y & 1) == 0 ? 0 : 0x9908B0DFu);
        }

        _next = 0;
    }
}
