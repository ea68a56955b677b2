using Ark.Data;
using Ark.Evaluation;

namespace Ark.Fuzz;

/// <summary>All that is done with arrays of NumPy.</summary>
internal static class Archives
{
    private static readonly (LabelTask Task, int Labels)[] Schemas =
        [(LabelTask.MultiLabel, 14), (LabelTask.MultiClass, 3), (LabelTask.Binary, 1), (LabelTask.MultiLabel, 2)];

    public static void Run(string path, Execution execution)
    {
        foreach (var (task, labels) in Schemas)
        {
            execution.Try("medmnist", () =>
            {
                var samples = new DatasetAdapterRegistry().Create(new DatasetDefinition
                {
                    Name = "Fuzz",
                    Adapter = "medmnist",
                    DataDirectory = path,
                    TrainList = path,
                    Labels = new LabelSchema(task, [.. Enumerable.Range(0, labels).Select(n => $"L{n}")]),
                }).ReadAsync(DatasetSplit.Train).AsTask().GetAwaiter().GetResult();
                var sum = samples.Take(20).Sum(s => s.Image.Load(Unused.Decoder).Pixels.Length);
                return $"{task} {Math.Min(samples.Count, 3)} {sum > 0}";
            });
        }

        execution.Try("embeddings", () =>
        {
            var table = EmbeddingFiles.Load(path);
            table.Find(Math.Max(0, table.IndexOf(table.Names?[0] ?? "")), 3);
            return $"{Math.Min(table.Count, 3)} {Math.Min(table.Width, 3)}";
        });
    }
}
