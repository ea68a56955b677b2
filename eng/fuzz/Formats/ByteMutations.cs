namespace Ark.Fuzz;

/// <summary>Changes that know nothing of a format.</summary>
internal static class ByteMutations
{
    public static byte[] Apply(byte[] seed, IReadOnlyList<byte[]> others, RandomStream random)
    {
        var bytes = new List<byte>(seed);
        for (var change = Extremes.FurtherChanges(random); change >= 0; change--)
        {
            var at = random.NextInt32(bytes.Count + 1);
            switch (random.NextInt32(9))
            {
                case 0 or 1 when at < bytes.Count:
                    bytes[at] ^= (byte)(1 << random.NextInt32(8));
                    break;
                case 2 when at < bytes.Count:
                    bytes[at] = (byte)random.NextInt32(256);
                    break;
                case 3 when at < bytes.Count:
                    Overwrite(bytes, at, random);
                    break;
                case 4:
                    bytes.RemoveRange(at, Math.Min(1 + random.NextInt32(random.Chance(0.2) ? 500 : 4), bytes.Count - at));
                    break;
                case 5:
                    bytes.InsertRange(at, Extremes.Bytes(1 + random.NextInt32(8), random));
                    break;
                case 6:
                    var count = Math.Min(1 + random.NextInt32(40), bytes.Count - at);
                    var piece = bytes.GetRange(at, count);
                    for (var n = random.NextInt32(random.Chance(0.1) ? 200 : 3); n >= 0; n--) bytes.InsertRange(at, piece);
                    break;
                case 7 when random.Chance(0.2):
                    bytes.RemoveRange(at, bytes.Count - at);
                    break;
                default:
                    var other = others[random.NextInt32(others.Count)];
                    if (other.Length == 0) break;
                    var from = random.NextInt32(other.Length);
                    var taken = other.AsSpan(from, Math.Min(random.NextInt32(60) + 1, other.Length - from));
                    if (random.Chance(0.5)) bytes.RemoveRange(at, Math.Min(taken.Length, bytes.Count - at));
                    bytes.InsertRange(at, taken.ToArray());
                    break;
            }
        }

        return [.. bytes];
    }

    private static void Overwrite(List<byte> bytes, int at, RandomStream random)
    {
        Span<byte> room = stackalloc byte[Math.Min(8, bytes.Count - at)];
        for (var i = 0; i < room.Length; i++) room[i] = bytes[at + i];
        Extremes.Overwrite(room, random);
        for (var i = 0; i < room.Length; i++) bytes[at + i] = room[i];
    }
}
