using System.Globalization;
using System.Security.Cryptography;
using System.Text;
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

    /// <summary>What figures have to share to stand in one table.</summary>
    /// <param name="name">What the study is called.</param>
    /// <param name="catalogue">The file of the catalogue: its recipe counts, its comments do not.</param>
    /// <param name="datasets">The datasets, in order.</param>
    /// <param name="epochs">Passes over each.</param>
    public static string Conditions(string name, string catalogue, IEnumerable<string> datasets, int epochs)
    {
        var text = string.Join(
            '\n', File.ReadLines(catalogue).Select(l => l.TrimEnd()).Where(l => l.TrimStart() is { Length: > 0 } words && words[0] != '#'));
        var digest = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)))[..16];
        return string.Create(CultureInfo.InvariantCulture, $"{name}; {string.Join(", ", datasets)}; {epochs} epochs; {digest}");
    }

    /// <summary>Reads what a study under these conditions has found so far, for the seeds that are wanted.</summary>
    public static Results Open(string path, string conditions, IEnumerable<ulong> seeds)
    {
        var results = new Results(path, conditions);
        var wanted = seeds.ToHashSet();
        foreach (var line in File.Exists(path) ? File.ReadLines(path) : [])
        {
            var entry = JsonNode.Parse(line)!;
            if ((string?)entry["conditions"] == conditions && wanted.Contains((ulong)entry["seed"]!))
                results._values[((string)entry["arm"]!, (ulong)entry["seed"]!, (string)entry["dataset"]!)] = (double)entry["auroc"]!;
        }

        return results;
    }

    public bool Has(Arm arm, ulong seed, string dataset) => _values.ContainsKey((arm.Name, seed, dataset));

    public void Add(Arm arm, ulong seed, string dataset, double auroc)
    {
        _values[(arm.Name, seed, dataset)] = auroc;
        var line = new JsonObject
        {
            ["conditions"] = _conditions,
            ["arm"] = arm.Name,
            ["seed"] = seed,
            ["dataset"] = dataset,
            ["auroc"] = auroc,
        };
        File.AppendAllText(_path, line.ToJsonString(new JsonSerializerOptions { WriteIndented = false }) + "\n");
    }

    /// <summary>By seed, an arm's figure on a dataset, or, for <see langword="null"/>, its mean over all.</summary>
    public double[] Of(Arm arm, string? dataset) =>
        [.. _values.Where(v => v.Key.Arm == arm.Name && (dataset is null
            || v.Key.Dataset == dataset)).GroupBy(v => v.Key.Seed).OrderBy(g => g.Key).Select(g => g.Average(v => v.Value))];
}
