using System.Runtime.InteropServices;
using System.Text.Json;

namespace Ark.Data;

/// <summary>
/// Reads VinDr-RibCXR (Nguyen et al., "VinDr-RibCXR", 2021): a list is its JSON file, with the image paths under <c>img</c> and, under
/// <c>R1</c> to <c>R10</c> and <c>L1</c> to <c>L10</c>, each rib's outline as points <c>x</c>, <c>y</c>, all by the same keys. Structures
/// may also be <c>ribs</c>, <c>left_ribs</c> and <c>right_ribs</c>. Settings: <c>spacing</c>, <c>patient_pattern</c>.
/// </summary>
internal sealed class RibPolygonAdapter : SegmentationListAdapter
{
    private const string Images = "img";
    private const long MaxBytes = 256L << 20;

    private static readonly string[] Right = [.. Enumerable.Range(1, 10).Select(i => $"R{i}")];
    private static readonly string[] Left = [.. Enumerable.Range(1, 10).Select(i => $"L{i}")];

    private readonly string[][] _parts;

    /// <summary>Creates the adapter.</summary>
    /// <exception cref="ArkInputException">A setting or a structure is unknown.</exception>
    public RibPolygonAdapter(DatasetDefinition definition)
        : base(definition, new AdapterSettings(definition, AdapterPreset.None, "spacing", "patient_pattern"), spacing: null) =>
        _parts = StructureNames.PartsOf(definition, [.. Right, .. Left], new Dictionary<string, string[]>(StringComparer.Ordinal)
        {
            ["ribs"] = [.. Right, .. Left],
            ["right_ribs"] = Right,
            ["left_ribs"] = Left,
        });

    /// <inheritdoc/>
    protected override IEnumerable<SegmentationSample> Read(string list, DatasetSplit split, CancellationToken cancellationToken)
    {
        using var document = Parse(list);
        var root = document.RootElement;
        var samples = new List<SegmentationSample>();
        foreach (var entry in Member(list, root, Images).EnumerateObject())
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (entry.Value.ValueKind != JsonValueKind.String)
                throw new ArkInputException(
                    list, $"'{Images}', key '{entry.Name}'", "is no image path", "Write the path of the image, in quotes.");
            var name = entry.Value.GetString()!;
            samples.Add(Sample(name, Find(list, entry.Name, name), new RibPolygons(list, entry.Name, [.. _parts.Select(parts => parts
                .Select(p => Outline(list, Member(list, root, p), p, entry.Name))
                .Where(o => o is not null)
                .Select(o => o!.Value)
                .ToArray())])));
        }

        return samples;
    }

    private static JsonDocument Parse(string list)
    {
        using var stream = InputFile.OpenRead(list, "list");
        if (stream.Length > MaxBytes)
            throw new ArkInputException(
                list, null, $"has {stream.Length >> 20} MB, above the limit of {MaxBytes >> 20}", "Split the list.");
        try
        {
            var json = new byte[stream.Length];
            stream.ReadExactly(json);
            var document = StrictJson.Document(json);
            if (document.RootElement.ValueKind == JsonValueKind.Object) return document;
            document.Dispose();
            throw new ArkInputException(list, null, "is no JSON object", $"Start with {{\"{Images}\": …}}, as VinDr-RibCXR does.");
        }
        catch (JsonException e)
        {
            throw new ArkInputException(list, e.LineNumber is { } line
                ? $"line {line + 1}"
                : null, $"is no valid JSON: {e.Message.TrimEnd('.')}", "Fetch the file again.", e);
        }
    }

    private static JsonElement Member(string list, JsonElement root, string name) => root.TryGetProperty(name, out var member)
        && member.ValueKind == JsonValueKind.Object
        ? member
        : throw new ArkInputException(
            list, $"key '{name}'", "is missing or no object", $"The file has '{Images}' and one object of outlines for each rib.");

    private static RibOutline? Outline(string list, JsonElement outlines, string rib, string key)
    {
        var at = $"'{rib}', key '{key}'";
        // Ribs that are not in the picture are null, "None", or left out.
        if (!outlines.TryGetProperty(key, out var points)
            || points.ValueKind == JsonValueKind.Null
            || (points.ValueKind == JsonValueKind.String && points.GetString() is "None" or ""))
            return null;
        if (points.ValueKind != JsonValueKind.Array)
            throw new ArkInputException(
                list, at, "is no list of points", "Write [{\"x\": 1, \"y\": 2}, …], or null for a rib that is not there.");
        var result = new List<(double X, double Y)>();
        foreach (var point in points.EnumerateArray())
        {
            if (Coordinate(point, "x") is not { } x || Coordinate(point, "y") is not { } y)
                throw new ArkInputException(list, $"{at}, point {result.Count + 1}", "has no x and y", "Write {\"x\": 1, \"y\": 2}.");
            result.Add((x, y));
        }

        if (result.Count is 1 or 2)
            throw new ArkInputException(
                list,
                at,
                $"has {result.Count} point(s), too few for an outline",
                "Give at least three, or null for a rib that is not there.");
        return result.Count == 0 ? null : new RibOutline(rib, [.. result]);
    }

    private static double? Coordinate(JsonElement point, string name) =>
        point.ValueKind == JsonValueKind.Object
            && point.TryGetProperty(name, out var value)
            && value.ValueKind == JsonValueKind.Number
            && value.TryGetDouble(out var number)
            && double.IsFinite(number) ? number : null;

    // The paths begin with folders of those who made the set: the longest end that exists counts.
    private string Find(string list, string key, string name)
    {
        ImagePath.Check(name, list, 1);
        for (var rest = name.Replace('\\', '/'); ; rest = rest[(rest.IndexOf('/', StringComparison.Ordinal) + 1)..])
        {
            var path = Path.Combine(Definition.DataDirectory, rest);
            if (File.Exists(path)) return path;
            if (!rest.Contains('/', StringComparison.Ordinal))
                throw new ArkInputException(
                    list,
                    $"'{Images}', key '{key}'",
                    $"the image '{name}' was not found in '{Definition.DataDirectory}'",
                    "Put the file there, or correct 'data_dir'.");
        }
    }
}

/// <summary>One rib's outline.</summary>
/// <param name="Rib">Its name.</param>
/// <param name="Points">Its corners, in pixels.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct RibOutline(string Rib, (double X, double Y)[] Points);
