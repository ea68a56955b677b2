using System.Text.Json.Nodes;

namespace Ark.Evaluation;

/// <summary>Mean test AUROC with few training images.</summary>
/// <param name="Shots">Images of each class.</param>
/// <param name="Aurocs">One figure for each draw, in order.</param>
public sealed record FewShotPoint(int Shots, IReadOnlyList<double> Aurocs)
{
    /// <summary>The mean over the draws.</summary>
    public double Mean => Aurocs.Average();

    /// <summary>The sample deviation; <see langword="null"/> of a single draw.</summary>
    public double? Deviation => Aurocs.Count < 2 ? null : Math.Sqrt(Aurocs.Sum(a => (a - Mean) * (a - Mean)) / (Aurocs.Count - 1));

    /// <summary>The 2.5 % and 97.5 % quantiles over the draws.</summary>
    public ConfidenceInterval Interval
    {
        get
        {
            var sorted = Aurocs.Order().ToArray();
            double Quantile(double share)
            {
                var at = share * (sorted.Length - 1);
                var below = (int)at;
                return sorted[below] + ((at - below) * (sorted[Math.Min(below + 1, sorted.Length - 1)] - sorted[below]));
            }

            return new ConfidenceInterval(Quantile(0.025), Quantile(0.975));
        }
    }

    /// <summary>The figures for machines.</summary>
    /// <returns>A new object with <c>shots, mean_auroc, std, low, high, repeats</c>.</returns>
    public JsonObject ToJson() => new()
    {
        ["shots"] = Shots,
        ["mean_auroc"] = Mean,
        ["std"] = Deviation,
        ["low"] = Interval.Low,
        ["high"] = Interval.High,
        ["repeats"] = new JsonArray([.. Aurocs.Select(a => (JsonNode)a)]),
    };
}
