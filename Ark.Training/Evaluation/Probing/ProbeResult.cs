using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using static TorchSharp.torch;

namespace Ark.Evaluation;

/// <summary>What the probes of a dataset came to.</summary>
/// <param name="Dataset">The dataset's name.</param>
/// <param name="Labels">Its labels.</param>
/// <param name="Features">What each kind of features came to, in the order in which they were given.</param>
/// <param name="LeftOut">How many images were left out because not all features have them.</param>
public sealed record ProbeResult(string Dataset, LabelSchema Labels, IReadOnlyList<ProbedFeatures> Features, int LeftOut)
{
    /// <summary>The figures for machines, as <c>ark probe --json</c> writes them.</summary>
    /// <returns>A new object with <c>dataset, probes, comparisons</c>.</returns>
    public JsonObject ToJson() => new()
    {
        ["dataset"] = Dataset,
        ["probes"] = new JsonArray([.. Features.Select(f => f.ToJson())]),
        ["comparisons"] = new JsonArray([.. Features.Where(f => f.Comparison is not null).Select(f =>
        {
            var json = f.Comparison!.ToJson();
            json["first"] = Features[0].Name;
            json["second"] = f.Name;
            return (JsonNode)json;
        })]),
    };

    /// <summary>The figures for people: one HTML page that needs nothing else, with comparisons and few-shot curves.</summary>
    /// <returns>The page.</returns>
    public string ToHtml() => ProbeReport.Render(this);

    /// <summary>Writes the fitted coefficients of one kind of features to a safetensors file.</summary>
    /// <param name="features">The features.</param>
    /// <param name="path">
    /// The file: <c>weight</c> <c>[K, D]</c> and <c>bias</c> <c>[K]</c> on features as they come; the labels, their task and the penalty in
    /// its metadata.
    /// </param>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public void SaveCoefficients(ProbedFeatures features, string path)
    {
        ArgumentNullException.ThrowIfNull(features);
        using var weight = tensor(features.Coefficients.SelectMany(c => c).ToArray(), [features.Coefficients.Count, features.Width]);
        using var bias = tensor(features.Intercepts.ToArray());
        Safetensors.Save(path, [KeyValuePair.Create("weight", weight), KeyValuePair.Create("bias", bias)], new Dictionary<string, string>
        {
            ["labels"] = JsonSerializer.Serialize(Labels.Names),
            ["task"] = Labels.Task.ToString(),
            ["penalty"] = features.Penalty.ToString("R", CultureInfo.InvariantCulture),
        });
    }
}
