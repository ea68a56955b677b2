namespace Ark.Fuzz;

internal sealed class ZipTarget : FuzzTarget
{
    public override string Name => "zip";

    public override string Description => "the archive around a PyTorch file or arrays of NumPy";

    public override int SmokeExecutions => 600;

    public override long MaxAllocated(int length) => (96L << 20) + (4096L * length);

    public override IReadOnlyList<byte[]> Seeds() =>
    [
        .. Samples.Files("09_checkpoints", 3500, "_zip.pth"), .. Samples.Files("Hostile/checkpoint", 4000, "ok_deflated.pth",
            "ok_unaligned.pth", "zip64_count_lie.pth", "zip64_extra_overrun.pth"),
        .. Samples.Files("Hostile/npz", ".npz"),
    ];

    public override byte[] Mutate(byte[] seed, IReadOnlyList<byte[]> others, RandomStream random)
    {
        switch (random.NextInt32(10))
        {
            case < 6:
                return ZipParts.MutateFields(seed, random);
            case 6 or 7:
                return ZipParts.MutateLayout(seed, others[random.NextInt32(others.Count)], random);
            default:
                if (ZipParts.Read(seed) is not { } entries) return ByteMutations.Apply(seed, others, random);
                ZipParts.MutateEntries(entries, random);
                return ZipParts.Write(entries, random.Chance(0.5));
        }
    }

    public override void Run(byte[] input, Execution execution)
    {
        Checkpoints.Run(execution.Write("input.pth", input), execution);
        Archives.Run(execution.Write("input.npz", input), execution);
    }
}
