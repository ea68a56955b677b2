using Ark.Evaluation;

namespace Ark.Training;

/// <summary>
/// The training images of all datasets in one list, mixed anew for each epoch, so that batches cut from it draw from every dataset. The targets of a sample are those of its dataset, filled up
/// with NaN to the longest, and behind them the dataset's number.
/// </summary>
internal static class MixedSamples
{
    /// <summary>Mixes.</summary>
    /// <param name="datasets">The datasets.</param>
    /// <param name="evenly">Whether every stretch of the list shall hold each dataset in its share; otherwise the list is shuffled as one, as published.</param>
    /// <param name="seed">The run's seed.</param>
    /// <param name="epoch">Names the epoch.</param>
    public static IReadOnlyList<ImageSample> Of(IReadOnlyList<PreparedDataset> datasets, bool evenly, ulong seed, int epoch)
    {
        var random = new RandomStream(seed, RandomStreams.MixedSamples, (ulong)epoch);
        var length = datasets.Max(d => d.Labels.Count);
        var placed = new List<(double Place, int Dataset, int Index)>();
        for (var d = 0; d < datasets.Count; d++)
        {
            var order = Enumerable.Range(0, datasets[d].Train.Count).ToArray();
            random.Shuffle<int>(order);
            // The k-th image of n stands near k / n of the way, so each dataset is spread over the whole list.
            for (var k = 0; k < order.Length; k++) placed.Add((evenly ? (k + random.NextDouble()) / order.Length : random.NextDouble(), d, order[k]));
        }

        return [.. placed.OrderBy(p => p.Place).ThenBy(p => p.Dataset).ThenBy(p => p.Index).Select(p => Marked(datasets[p.Dataset].Train[p.Index], p.Dataset, length))];
    }

    private static ImageSample Marked(ImageSample sample, int dataset, int length)
    {
        var targets = new float[length + 1];
        Array.Fill(targets, float.NaN);
        sample.Targets.CopyTo(targets, 0);
        targets[length] = dataset;
        return sample with { Targets = targets };
    }
}
