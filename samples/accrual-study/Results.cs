using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace AccrualStudy;

/// <summary>Test AUROC by arm, seed and dataset, kept in a file line by line, so that a study that is interrupted goes on.</summary>
internal sealed class Results
{
    private readonly Dictionary<(string Arm, ulong Seed, string Dataset), double> _values = [];
    private readonly string _path;
    private readonly string _conditions;

    private Results(string path, string conditions) => (_path, _conditions) = (path, conditions);

    /// <summary>Reads what a study under these conditions has found so far.</summary>
    public static Results Open(string path, string conditions)
    {
        var results = new Results(path, conditions);
        foreach (var line in File.Exists(path) ? File.ReadLines(path) : [])
        {
            var entry = JsonNode.Parse(line)!;
            if ((string?)entry["conditions"] == conditions) results._values[((string)entry["arm"]!, (ulong)entry["seed"]!, (string)entry["dataset"]!)] = (double)entry["auroc"]!;
        }

        return results;
    }

    public bool Has(Arm arm, ulong seed, string dataset) => _values.ContainsKey((arm.Name, seed, dataset));

    public void Add(Arm arm, ulong seed, string dataset, double auroc)
    {
        _values[(arm.Name, seed, dataset)] = auroc;
        var line = new JsonObject { ["conditions"] = _conditions, ["arm"] = arm.Name, ["seed"] = seed, ["dataset"] = dataset, ["auroc"] = auroc };
        File.AppendAllText(_path, line.ToJsonString(new JsonSerializerOptions { WriteIndented = false }) + "\n");
    }

    /// <summary>By seed, an arm's figure on a dataset, or, for <see langword="null"/>, its mean over all.</summary>
    public double[] Of(Arm arm, string? dataset) =>
        [.. _values.Where(v => v.Key.Arm == arm.Name && (dataset is null || v.Key.Dataset == dataset)).GroupBy(v => v.Key.Seed).OrderBy(g => g.Key).Select(g => g.Average(v => v.Value))];
}
