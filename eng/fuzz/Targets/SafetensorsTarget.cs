using System.Buffers.Binary;
using Ark.Evaluation;

namespace Ark.Fuzz;

internal sealed class SafetensorsTarget : FuzzTarget
{
    public override string Name => "safetensors";

    public override string Description => "a safetensors file: weights, a described model, embeddings";

    public override int SmokeExecutions => 600;

    public override IReadOnlyList<byte[]> Seeds() =>
    [
        .. Samples.Files("09_checkpoints", 1500, ".safetensors"), .. Samples.Files("Hostile/safetensors", 2000, ".safetensors"),
        Samples.Safetensors("embeddings", "b", new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["names"] = "[\"a.png\",\"b.png\"]", ["ark.checkpoint"] = "x", ["ark.weights"] = "Teacher", ["ark.kind"] = "Pooled",
        }),
        Samples.Safetensors("backbone.patch_embed.proj.weight", "head.weight", new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["format"] = "pt",
            ["ark.model"] = """
                {"architecture":"swin","img_size":224,"projector":"none","normalization":"imagenet",
                "heads":[{"name":"A","outputs":2,"task":"MultiLabel","labels":["x","y"]}]}
                """,
        }),
    ];

    public override byte[] Mutate(byte[] seed, IReadOnlyList<byte[]> others, RandomStream random)
    {
        var (header, data) = Split(seed);
        if (header is null) return ByteMutations.Apply(seed, others, random);
        if (random.Chance(0.9))
            header = JsonMutations.Apply(header, [Split(others[random.NextInt32(others.Count)]).Header ?? header], random);
        if (random.Chance(0.2)) data = ByteMutations.Apply(data, [data], random);
        return Join(header, data);
    }

    public override void Run(byte[] input, Execution execution)
    {
        var path = execution.Write("input.safetensors", input);
        execution.Try("safetensors", () =>
        {
            using var scope = TorchSharp.torch.NewDisposeScope();
            var tensors = Safetensors.Load(path);
            return $"{Math.Min(tensors.Count, 4)} {string.Join(' ', tensors.Values.Select(t => $"{t.dtype}{Math.Min(t.dim(), 4)}").Distinct(
                StringComparer.Ordinal).Take(2))}";
        });
        execution.Try("metadata", () => $"{Math.Min(Safetensors.ReadMetadata(path).Count, 3)}");
        Checkpoints.Run(path, execution);
        execution.Try("embeddings", () =>
        {
            var table = EmbeddingFiles.Load(path);
            table.Find(Math.Max(0, table.IndexOf(table.Names?[0] ?? "")), 3);
            return $"{Math.Min(table.Count, 3)} {table.Weights} {table.Kind}";
        });
    }

    public static (byte[]? Header, byte[] Data) Split(byte[] file)
    {
        if (file.Length < 8) return (null, file);
        var length = BinaryPrimitives.ReadUInt64LittleEndian(file);
        return length > (ulong)file.Length - 8 ? (null, file) : (file[8..(8 + (int)length)], file[(8 + (int)length)..]);
    }

    public static byte[] Join(byte[] header, byte[] data) => [.. BitConverter.GetBytes((long)header.Length), .. header, .. data];
}
