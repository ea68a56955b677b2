namespace Ark.Fuzz;

internal sealed class ShardsTarget : FuzzTarget
{
    private const string Index = "model.safetensors.index.json";

    public override string Name => "shards";

    public override string Description => "an index of several weight files, and the files";

    public override IReadOnlyList<byte[]> Seeds() =>
    [
        Bundle.Write(
        [
            (Index, Samples.Text("""
                {"metadata":{"total_size":80},"weight_map":{"a":"one.safetensors","b":"one.safetensors","c":"two.safetensors","d":"two.safetensors"}}
                """)),
            ("one.safetensors", Samples.Safetensors("a", "b")), ("two.safetensors", Samples.Safetensors("c", "d")),
        ]),
        Bundle.Write(
        [
            (Index, Samples.Text("""{"weight_map":{"a":"one.safetensors","c":"three.bin"}}""")),
            ("one.safetensors", Samples.Safetensors("a", "b")), ("three.bin", Samples.Files("09_checkpoints", "plain_zip.pth")[0]),
        ]),
    ];

    public override byte[] Mutate(byte[] seed, IReadOnlyList<byte[]> others, RandomStream random) =>
        Bundle.Mutate(seed, (name, content) =>
        {
            if (name == Index) return JsonMutations.Apply(content, Bundle.Of(others, Index, random), random);
            var (header, data) = SafetensorsTarget.Split(content);
            return header is null ? ByteMutations.Apply(content, [content], random)
                : SafetensorsTarget.Join(JsonMutations.Apply(header, [header], random), data);
        }, random);

    public override byte[] MutatePlainly(byte[] seed, IReadOnlyList<byte[]> others, RandomStream random) =>
        Bundle.Mutate(seed, (_, content) => ByteMutations.Apply(content, [content], random), random);

    public override void Run(byte[] input, Execution execution)
    {
        var folder = Path.Combine(execution.Folder, "shards");
        if (Directory.Exists(folder)) Directory.Delete(folder, recursive: true);
        foreach (var (name, content) in Bundle.Read(input)) execution.Write(Path.Combine("shards", name), content);
        Directory.CreateDirectory(folder);
        Checkpoints.Run(folder, execution);
    }
}
