using Ark.Evaluation;

namespace Ark.Training;

/// <summary>A part of an epoch: one dataset, or all of them mixed, read once.</summary>
/// <param name="Name">What to call it in progress and metrics: the dataset's name, or <c>all</c>.</param>
/// <param name="Datasets">The datasets that it reads.</param>
/// <param name="Images">How many images it has.</param>
internal sealed record DatasetPass(string Name, IReadOnlyList<int> Datasets, int Images)
{
    public bool IsMixed => Datasets.Count > 1;

    /// <summary>The passes of one epoch, in order.</summary>
    public static IReadOnlyList<DatasetPass> Of(TaskOrder order, IReadOnlyList<PreparedDataset> datasets, ulong seed, int epoch)
    {
        var indices = Enumerable.Range(0, datasets.Count).ToArray();
        if (order == TaskOrder.Concurrent) return [new DatasetPass("all", indices, datasets.Sum(d => d.Train.Count))];
        if (order == TaskOrder.Shuffled) new RandomStream(seed, RandomStreams.DatasetOrder, (ulong)epoch).Shuffle<int>(indices);
        return [.. indices.Select(d => new DatasetPass(datasets[d].Name, [d], datasets[d].Train.Count))];
    }
}
