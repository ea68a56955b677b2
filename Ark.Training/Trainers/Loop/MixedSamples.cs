using Ark.Evaluation;

namespace Ark.Training;

/// <summary>
/// The training images of all datasets in one list, mixed anew for each epoch, so that batches cut from it draw from every dataset.
/// </summary>
internal static class MixedSamples
{
    /// <summary>Mixes.</summary>
    /// <param name="datasets">The datasets.</param>
    /// <param name="evenly">Whether every stretch of the list shall hold each dataset in its share; otherwise the list is shuffled as one,
    /// as published.</param>
    /// <param name="seed">The run's seed.</param>
    /// <param name="epoch">Names the epoch.</param>
    public static IReadOnlyList<StepSample> Of(IReadOnlyList<PreparedDataset> datasets, bool evenly, ulong seed, int epoch)
    {
        var random = new RandomStream(seed, RandomStreams.MixedSamples, (ulong)epoch);
        var placed = new List<(double Place, int Dataset, int Index)>();
        for (var d = 0; d < datasets.Count; d++)
        {
            var order = Enumerable.Range(0, datasets[d].Train.Count).ToArray();
            random.Shuffle<int>(order);
            // The k-th image of n stands near k / n of the way, so each dataset is spread over the whole list.
            for (var k = 0; k < order.Length; k++)
                placed.Add((evenly ? (k + random.NextDouble()) / order.Length : random.NextDouble(), d, order[k]));
        }

        return [.. placed.OrderBy(p => p.Place).ThenBy(p => p.Dataset).ThenBy(p => p.Index)
            .Select(p => new StepSample(p.Dataset, datasets[p.Dataset].Train[p.Index]))];
    }
}
