using System.Text.Json.Nodes;

namespace Ark.Training;

/// <summary>What validation came to after an epoch.</summary>
/// <param name="Losses">The validation loss of each dataset.</param>
/// <param name="SelectionLoss">The loss by which the best epoch is chosen.</param>
/// <param name="Message">A line for people.</param>
/// <param name="Records">Lines for the metrics.</param>
internal sealed record EpochOutcome(IReadOnlyList<double> Losses, double SelectionLoss, string Message, IReadOnlyList<JsonObject> Records)
{
    /// <summary>Of losses on several datasets.</summary>
    /// <param name="epoch">The epoch, from 1.</param>
    /// <param name="datasets">Their names.</param>
    /// <param name="losses">The loss of each.</param>
    /// <param name="selection">The dataset whose loss chooses the best epoch; <see langword="null"/> for the mean.</param>
    public static EpochOutcome Of(int epoch, IReadOnlyList<string> datasets, IReadOnlyList<double> losses, string? selection)
    {
        var chosen = Enumerable.Range(0, datasets.Count).FirstOrDefault(d => datasets[d] == selection, -1);
        return new EpochOutcome(losses, chosen < 0 ? losses.Average() : losses[chosen],
            $"validation loss: {string.Join(", ", datasets.Zip(losses, (d, l) => FormattableString.Invariant($"{d} {l:F4}")))}",
            [.. datasets.Zip(losses, (d, l) => new JsonObject
            {
                ["event"] = "validation",
                ["epoch"] = epoch,
                ["dataset"] = d,
                ["loss"] = JsonScalar.Number(l),
            })]);
    }
}
