using Ark.Evaluation;
using Parquet;
using Parquet.Schema;

namespace Ark.Fuzz;

internal sealed class ParquetTarget : FuzzTarget
{
    public override string Name => "parquet";

    public override string Description => "embeddings and predictions in Parquet";

    public override int SmokeExecutions => 400;

    // Documented: 64 MB and 8 million numbers for any file, read into arrays of several types, twice.
    public override long MaxAllocated(int length) => (640L << 20) + (4096L * length);

    public override long MaxResident(int length) => (512L << 20) + (4096L * length);

    public override IReadOnlyList<byte[]> Seeds() =>
    [
        .. Samples.Files("parquet", ".parquet"),
        Samples.Written("a.parquet", path =>
        {
            var predictions = new Predictions(
                new LabelSchema(LabelTask.MultiLabel, ["A", "B"]), [1, 0, float.NaN, 1], [0.5f, 0.25f, 0.75f, 1], ["a.png", "b.png"]);
            PredictionFile.WriteAsync(path, predictions).GetAwaiter().GetResult();
        }),
        Table(CompressionMethod.Snappy, required: false), Table(CompressionMethod.Gzip, required: true),
        Table(CompressionMethod.Zstd, required: false), Table(CompressionMethod.None, required: true),
    ];

    public override byte[] Mutate(byte[] seed, IReadOnlyList<byte[]> others, RandomStream random) =>
        ParquetParts.Mutate(seed, others, random);

    public override void Run(byte[] input, Execution execution)
    {
        var path = execution.Write("input.parquet", input);
        execution.Try("embeddings", () =>
        {
            var table = EmbeddingFiles.Load(path);
            table.Find(Math.Max(0, table.IndexOf(table.Names?[0] ?? "")), 3);
            return $"{Math.Min(table.Count, 4)} {Math.Min(table.Width, 4)}";
        });
        execution.Try("predictions", () =>
        {
            var read = PredictionFile.ReadAsync(path).GetAwaiter().GetResult();
            return $"{Math.Min(read.Count, 4)} {read.Labels.Count} {read.Names is null}";
        });
    }

    private static byte[] Table(CompressionMethod method, bool required) => Samples.Written("a.parquet", path =>
        TableAsync(path, method, required).GetAwaiter().GetResult());

    private static async Task TableAsync(string path, CompressionMethod method, bool required)
    {
        const int rows = 5;
        var schema = new ParquetSchema(
            new DataField<string>("name", nullable: !required), new DataField<float>("e0", nullable: false), new DataField<double?>("e1"),
            new ListField("embedding", new DataField<float>("element", nullable: !required)));
        var fields = schema.GetDataFields();
        await using var stream = File.Create(path);
        await using var writer = await ParquetWriter.CreateAsync(schema, stream, new ParquetOptions { CompressionMethod = method });
        using var group = writer.CreateRowGroup();
        await group.WriteAsync(fields[0], [.. Enumerable.Range(0, rows).Select(n => $"n{n}")]);
        await group.WriteAsync<float>(fields[1], Enumerable.Range(0, rows).Select(n => (float)n).ToArray());
        double?[] halves = [.. Enumerable.Range(0, rows).Select(n => n / 2.0)];
        await group.WriteAsync<double>(fields[2], (ReadOnlyMemory<double?>)halves);
        var levels = new int[2 * rows];
        for (var i = 0; i < levels.Length; i++) levels[i] = i % 2;
        var defined = new int[2 * rows];
        Array.Fill(defined, fields[3].MaxDefinitionLevel);
        await group.WriteAllPartsAsync<float>(
            fields[3], new float[2 * rows].AsMemory(), defined.AsMemory(), levels, CancellationToken.None);
    }
}
