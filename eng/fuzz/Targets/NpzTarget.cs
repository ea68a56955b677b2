namespace Ark.Fuzz;

internal sealed class NpzTarget : FuzzTarget
{
    public override string Name => "npz";

    public override string Description => "arrays of NumPy: MedMNIST and embeddings";

    public override int SmokeExecutions => 600;

    public override IReadOnlyList<byte[]> Seeds() =>
    [
        .. Samples.Files("Hostile/npz", ".npz"),
        ZipParts.Write(
        [
            ("embeddings.npy", Array("'<f4'", "(2, 3)", new byte[24])), ("names.npy", Array("'<U5'", "(2,)", Wide("a.png", "b.png"))),
            ("info.npy", Array("'<U20'", "(2,)", Wide("ark.weights=Teacher".PadRight(20, '\0'), "ark.kind=Pooled".PadRight(20, '\0')))),
        ], deflated: false),
        ZipParts.Write(
        [
            ("embeddings.npy", Array("'<f8'", "(3, 2)", new byte[48], "True")), ("names.npy", Array("'|S5'", "(3,)", Samples.Text(
                "a.pngb.pngc.png"))),
        ], deflated: true),
        ZipParts.Write(
        [
            ("train_images.npy", Array("'|u1'", "(2, 4, 4, 3)", new byte[96])),
            ("train_labels.npy", Array("'<i8'", "(2, 1)", new byte[16])),
        ], deflated: true),
        ZipParts.Write(
        [
            ("train_images.npy", Array("'|u1'", "(2, 5, 4)", new byte[40])), ("train_labels.npy", Array("'|u1'", "(2, 2)", [1, 0, 0, 1])),
        ], deflated: false),
        ZipParts.Write([("embeddings.npy", Array("'<f2'", "(2, 2)", new byte[8])), ("labels.npy", Array("'<i4'", "(2,)", new byte[8]))],
            deflated: false),
    ];

    public override byte[] Mutate(byte[] seed, IReadOnlyList<byte[]> others, RandomStream random)
    {
        if (ZipParts.Read(seed) is not { } entries) return ByteMutations.Apply(seed, others, random);
        if (random.Chance(0.1)) ZipParts.MutateEntries(entries, random);
        var at = random.NextInt32(entries.Count);
        if (random.Chance(0.95)) entries[at] = (entries[at].Name, NpyParts.Mutate(entries[at].Content, random));
        if (random.Chance(0.1) && ZipParts.Read(others[random.NextInt32(others.Count)]) is { } other)
            entries.Add(other[random.NextInt32(other.Count)]);
        return ZipParts.Write(entries, random.Chance(0.3));
    }

    public override void Run(byte[] input, Execution execution) => Archives.Run(execution.Write("input.npz", input), execution);

    private static byte[] Array(string type, string shape, byte[] data, string fortran = "False")
    {
        var header = Samples.Text($"{{'descr': {type}, 'fortran_order': {fortran}, 'shape': {shape}, }}\n");
        return [0x93, .. "NUMPY"u8, 1, 0, .. BitConverter.GetBytes((ushort)header.Length), .. header, .. data];
    }

    private static byte[] Wide(params string[] texts) => [.. texts.SelectMany(t => System.Text.Encoding.UTF32.GetBytes(t))];
}
