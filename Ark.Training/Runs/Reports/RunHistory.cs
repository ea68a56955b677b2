using System.Text.Json.Nodes;
using Ark.Inference;

namespace Ark.Training;

/// <summary>
/// What the report of a run shows of its metrics, taken in line by line: lines of charts that are thinned, and the latest figures. It grows
/// neither with the length of a run nor with what somebody wrote into the file, so that a report after every epoch costs the same every
/// time.
/// </summary>
internal sealed class RunHistory
{
    /// <summary>Names of datasets, or of structures, that are shown at most: more could be told apart by nobody.</summary>
    public const int MaxNames = 100;

    private static readonly Dictionary<string, string[]> Drawn = new(StringComparer.Ordinal)
    {
        ["pass"] = ["task_loss", "consistency_loss", "lr", "momentum", "consistency_weight", "images_per_second"],
        ["validation"] = ["loss"],
        ["evaluation"] = ["mean_auroc"],
        ["baseline"] = [],
        [DescribedCheckpoint.SegmentationKind] = [],
    };

    private readonly Dictionary<string, List<string>> _names = new(StringComparer.Ordinal);
    private readonly Dictionary<(string Kind, string Name, string Field), ThinnedPoints> _lines = [];
    private readonly Dictionary<(string Kind, string Dataset, string Weights), JsonObject> _latest = [];
    private readonly Dictionary<string, int> _counts = new(StringComparer.Ordinal);

    /// <summary>The highest epoch of which a pass has ended.</summary>
    public double LastEpoch { get; private set; }

    /// <summary>Whether there are more names than are shown.</summary>
    public bool LeavesOutNames { get; private set; }

    /// <summary>Takes in all lines of a file.</summary>
    public static RunHistory Of(IEnumerable<JsonObject> metrics)
    {
        var history = new RunHistory();
        foreach (var line in metrics) history.Add(line);
        return history;
    }

    /// <summary>Takes in one line; of one that says nothing for the report nothing is kept.</summary>
    public void Add(JsonObject line)
    {
        if (JsonScalar.Text(line["event"]) is not { } kind || !Drawn.TryGetValue(kind, out var fields)) return;
        _counts[kind] = Count(kind) + 1;
        var epoch = JsonScalar.GetDouble(line["epoch"]);
        if (kind == "pass") LastEpoch = Math.Max(LastEpoch, epoch ?? 0);
        var weights = kind == "evaluation" ? JsonScalar.Text(line["weights"]) : "";
        if (weights is not ("" or "student" or "teacher") || JsonScalar.Text(line["dataset"]) is not { } dataset || !Knows(kind, dataset))
            return;
        // A pass over all datasets at once has a name of its own, so passes count only while there is nothing else.
        if (kind != "pass" && !Knows("tested", dataset)) return;
        if (fields.Length == 0 || kind == "evaluation") _latest[(kind, dataset, weights)] = line;
        if (epoch is not { } x) return;
        foreach (var field in fields) Draw(kind, dataset, field + weights, x, line[field]);
        if (line["dice"] is not JsonObject dice) return;
        foreach (var (structure, value) in dice)
        {
            if (Knows("dice", structure)) Draw("dice", structure, "", x, value);
        }
    }

    /// <summary>The datasets in the order in which they came: those that were tested, or trained as long as none was.</summary>
    public IReadOnlyList<string> Datasets() => DatasetsOf("tested") is { Count: > 0 } tested ? tested : DatasetsOf("pass");

    /// <summary>The datasets of one kind of event.</summary>
    public IReadOnlyList<string> DatasetsOf(string kind) => _names.GetValueOrDefault(kind) ?? [];

    /// <summary>How many events of a kind there were.</summary>
    public int Count(string kind) => _counts.GetValueOrDefault(kind);

    /// <summary>The last event of a kind that is of a dataset.</summary>
    /// <param name="kind">The kind.</param>
    /// <param name="dataset">The dataset.</param>
    /// <param name="weights">Of an evaluation: <c>student</c> or <c>teacher</c>.</param>
    public JsonObject? Latest(string kind, string dataset, string weights = "") => _latest.GetValueOrDefault((kind, dataset, weights));

    /// <summary>A field over the epochs.</summary>
    public List<(double X, double Y)> Points(string kind, string dataset, string field, string weights = "") =>
        _lines.GetValueOrDefault((kind, dataset, field + weights))?.ToList() ?? [];

    /// <summary>A structure's Dice over the epochs.</summary>
    public List<(double X, double Y)> Dice(string structure) => Points("dice", structure, "");

    private void Draw(string kind, string name, string field, double x, JsonNode? value)
    {
        if (JsonScalar.GetDouble(value) is not { } y) return;
        if (!_lines.TryGetValue((kind, name, field), out var line)) _lines[(kind, name, field)] = line = new ThinnedPoints();
        line.Add(x, y);
    }

    private bool Knows(string kind, string name)
    {
        if (!_names.TryGetValue(kind, out var names)) _names[kind] = names = [];
        if (names.Contains(name, StringComparer.Ordinal)) return true;
        if (names.Count == MaxNames)
        {
            LeavesOutNames = true;
            return false;
        }

        names.Add(name);
        return true;
    }
}
