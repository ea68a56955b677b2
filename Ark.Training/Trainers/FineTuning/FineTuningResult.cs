using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;

namespace Ark.Training;

/// <summary>What a fine-tuning came to.</summary>
/// <param name="Dataset">The dataset.</param>
/// <param name="Trials">Its trials.</param>
/// <param name="SkippedImages">Images that could not be read and were left out, each with its reason.</param>
public sealed record FineTuningResult(string Dataset, IReadOnlyList<FineTuningTrial> Trials, IReadOnlyList<string> SkippedImages)
{
    /// <summary>Mean over the trials of the mean test AUROC; <see langword="null"/> where it is undefined.</summary>
    public double? Mean => MeanOf(t => t.Test.MeanAuroc);

    /// <summary>Standard deviation over the trials (n − 1) of the mean test AUROC; <see langword="null"/> with fewer than two.</summary>
    public double? Deviation => DeviationOf(t => t.Test.MeanAuroc);

    /// <summary>The figures for machines, as <c>ark finetune --json</c> writes them.</summary>
    /// <returns>A new object.</returns>
    public JsonObject ToJson() => new()
    {
        ["dataset"] = Dataset,
        ["mean_auroc"] = JsonScalar.Number(Mean),
        ["std_auroc"] = JsonScalar.Number(Deviation),
        ["labels"] = new JsonArray([.. Labels().Select(l => new JsonObject
        {
            ["name"] = l.Name,
            ["mean_auroc"] = JsonScalar.Number(l.Mean),
            ["std_auroc"] = JsonScalar.Number(l.Deviation),
        })]),
        ["trials"] = new JsonArray([.. Trials.Select(t => new JsonObject
        {
            ["seed"] = t.Seed,
            ["epochs"] = t.Epochs,
            ["best_epoch"] = t.BestEpoch,
            ["validation_loss"] = JsonScalar.Number(t.ValidationLoss),
            ["checkpoint"] = t.Checkpoint,
            ["test"] = t.Test.ToJson(),
        })]),
        ["skipped_images"] = new JsonArray([.. SkippedImages.Select(s => (JsonNode)s)]),
    };

    /// <summary>A table: a row per trial, then mean and deviation; a column per label and the mean.</summary>
    internal string ToCsv()
    {
        var text = new StringBuilder("trial");
        foreach (var label in Trials[0].Test.Labels)
            text.Append(",\"").Append(label.Name.Replace("\"", "\"\"", StringComparison.Ordinal)).Append('"');
        text.Append(",mean\n");
        for (var t = 0; t < Trials.Count; t++)
            Row(
                (t + 1).ToString(CultureInfo.InvariantCulture),
                Trials[t].Test.Labels.Select(l => l.Auroc).Append(Trials[t].Test.MeanAuroc));
        Row("mean", Labels().Select(l => l.Mean).Append(Mean));
        Row("std", Labels().Select(l => l.Deviation).Append(Deviation));
        return text.ToString();

        void Row(string name, IEnumerable<double?> figures) =>
            text
                .Append(name)
                .Append(',')
                .AppendJoin(',', figures.Select(f => f?.ToString("F6", CultureInfo.InvariantCulture)))
                .Append('\n');
    }

    /// <summary>Mean and deviation of each label.</summary>
    internal IEnumerable<(string Name, double? Mean, double? Deviation)> Labels() =>
        Trials[0].Test.Labels.Select((
            label, k) => (label.Name, MeanOf(t => t.Test.Labels[k].Auroc), DeviationOf(t => t.Test.Labels[k].Auroc)));

    private double? MeanOf(Func<FineTuningTrial, double?> figure) =>
        Trials.Select(figure).Where(f => f is not null).DefaultIfEmpty(null).Average();

    private double? DeviationOf(Func<FineTuningTrial, double?> figure)
    {
        var figures = Trials.Select(figure).OfType<double>().ToArray();
        if (figures.Length < 2) return null;
        var mean = figures.Average();
        return Math.Sqrt(figures.Sum(f => (f - mean) * (f - mean)) / (figures.Length - 1));
    }
}
