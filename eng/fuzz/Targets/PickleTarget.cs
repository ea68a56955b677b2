using Ark.Tests;

namespace Ark.Fuzz;

internal sealed class PickleTarget : FuzzTarget
{
    public override string Name => "pickle";

    public override string Description => "the pickle of a PyTorch file: zip, legacy and tar";

    public override int SmokeExecutions => 600;

    // A byte of a pickle can make a dictionary, and the file is read six times. Repeated storages are native memory.
    public override long MaxAllocated(int length) => (64L << 20) + (8192L * length);

    public override long MaxResident(int length) => (320L << 20) + (4096L * length);

    public override IReadOnlyList<byte[]> Seeds()
    {
        var seeds = Samples.Files("09_checkpoints", 8000, ".pth", ".pth.tar");
        seeds.AddRange(Samples.Files("Hostile/checkpoint", 4000, ".pth").Take(40));
        seeds.Add(Samples.Written("a.tar", TarSamples.WriteFirstFormat));
        seeds.AddRange(DescribedSeeds.All());
        return seeds;
    }

    public override byte[] Mutate(byte[] seed, IReadOnlyList<byte[]> others, RandomStream random)
    {
        var other = Codes(others[random.NextInt32(others.Count)]);
        IReadOnlyList<List<byte[]>> pieces = other.Count > 0 ? other : [[[(byte)'N']]];
        if (ZipParts.Read(seed) is { } entries)
        {
            var at = entries.FindIndex(e => e.Name.EndsWith("data.pkl", StringComparison.Ordinal));
            if (at < 0 || random.Chance(0.1)) ZipParts.MutateEntries(entries, random);
            at = entries.FindIndex(e => e.Name.EndsWith("data.pkl", StringComparison.Ordinal));
            if (at >= 0 && PickleCode.Parse(entries[at].Content, out _) is { } codes)
            {
                PickleCode.Mutate(codes, pieces, random);
                entries[at] = (entries[at].Name, PickleCode.Join(codes));
            }

            return ZipParts.Write(entries, random.Chance(0.15));
        }

        var (pickles, length) = Legacy(seed);
        if (pickles.Count == 0) return ByteMutations.Apply(seed, others, random);
        // The fourth is the value itself.
        var chosen = random.Chance(0.7) ? Math.Min(3, pickles.Count - 1) : random.NextInt32(pickles.Count);
        PickleCode.Mutate(pickles[chosen], pieces, random);
        return [.. pickles.SelectMany(PickleCode.Join), .. seed[length..]];
    }

    public override void Run(byte[] input, Execution execution) => Checkpoints.Run(execution.Write("input.pth", input), execution);

    private static List<List<byte[]>> Codes(byte[] file)
    {
        if (ZipParts.Read(file)?.Find(e => e.Name.EndsWith("data.pkl", StringComparison.Ordinal)).Content is { } pickle)
            return PickleCode.Parse(pickle, out _) is { } codes ? [codes] : [];
        return Legacy(file).Pickles;
    }

    // Magic number, version, system, value, keys of storages.
    private static (List<List<byte[]>> Pickles, int Length) Legacy(byte[] file)
    {
        var pickles = new List<List<byte[]>>();
        var at = 0;
        while (pickles.Count < 5 && at < file.Length && PickleCode.Parse(file.AsSpan(at), out var length) is { } codes)
        {
            pickles.Add(codes);
            at += length;
        }

        return (pickles, at);
    }
}
