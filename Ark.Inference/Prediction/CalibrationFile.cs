using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Ark.Inference;

/// <summary>Calibrations as JSON.</summary>
internal static class CalibrationFile
{
    private const string Format = "ark-calibration";
    private const long Largest = 256L << 20;
    private static readonly JsonSerializerOptions Indented = new()
    {
        WriteIndented = true,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    public static void Write(string path, Calibration calibration)
    {
        try
        {
            AtomicFile.Write(path, stream => stream.Write(Encoding.UTF8.GetBytes(ToJson(calibration).ToJsonString(Indented) + "\n")));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ArkInputException(path, null, $"cannot be written: {e.Message.TrimEnd('.')}", "Choose another file.", e);
        }
    }

    public static Calibration Read(string path)
    {
        try
        {
            if (new FileInfo(path).Length > Largest) throw Error(path, null, "is too large for a calibration");
            using var stream = File.OpenRead(path);
            using var document = JsonDocument.Parse(stream, new JsonDocumentOptions { MaxDepth = 16, AllowDuplicateProperties = false });
            return Read(path, document.RootElement);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new ArkInputException(
                path, null, "the calibration does not exist", "Correct the path, or fit one with 'ArkCalibrator'.", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ArkInputException(path, null, $"cannot be read: {e.Message.TrimEnd('.')}", null, e);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or KeyNotFoundException or FormatException
            or ArgumentException)
        {
            throw new ArkInputException(path, null, "is no calibration", "Name a file that 'ArkCalibrator' wrote.", e);
        }
    }

    public static JsonObject ToJson(Calibration calibration) => new()
    {
        ["format"] = Format,
        ["version"] = 1,
        ["checkpoint"] = calibration.Checkpoint,
        ["weights"] = calibration.Weights.ToString().ToLowerInvariant(),
        ["heads"] = new JsonArray([.. calibration.Heads.Select(h => new JsonObject
        {
            ["name"] = h.Name,
            ["method"] = h.Method.ToString().ToLowerInvariant(),
            ["task"] = h.Task.ToString(),
            ["fitted_on"] = h.FittedOn,
            ["measured_on"] = h.MeasuredOn,
            ["labels"] = new JsonArray([.. h.Labels.Select(l => LabelToJson(l, h.Method))]),
        })]),
    };

    private static JsonObject LabelToJson(LabelCalibration label, CalibrationMethod method)
    {
        var json = new JsonObject { ["name"] = label.Name };
        if (method == CalibrationMethod.Temperature)
        {
            json["temperature"] = label.Temperature;
            json["offset"] = label.Offset;
        }
        else
        {
            json["from"] = new JsonArray([.. label.From.Select(v => (JsonNode)v)]);
            json["to"] = new JsonArray([.. label.To.Select(v => (JsonNode)v)]);
        }

        json["positives"] = label.Positives;
        json["negatives"] = label.Negatives;
        json["ece_before"] = JsonScalar.Number(label.EceBefore);
        json["ece_after"] = JsonScalar.Number(label.EceAfter);
        json["ece_by_chance"] = JsonScalar.Number(label.EceByChance);
        json["operating_points"] = new JsonArray([.. label.OperatingPoints.Select(p => new JsonObject
        {
            ["kind"] = p.Kind,
            ["target"] = p.Target,
            ["threshold"] = p.Threshold,
            ["sensitivity"] = p.Sensitivity,
            ["specificity"] = p.Specificity,
        })]);
        return json;
    }

    private static Calibration Read(string path, JsonElement root)
    {
        if (!root.TryGetProperty("format", out var format) || format.GetString() != Format)
            throw Error(path, "key 'format'", "is no calibration of Ark");
        return new Calibration(
            root.GetProperty("checkpoint").GetString() ?? "",
            Enum.Parse<ModelRole>(root.GetProperty("weights").GetString() ?? "", ignoreCase: true),
            [.. root.GetProperty("heads").EnumerateArray().Select(h => ReadHead(path, h))]);
    }

    private static HeadCalibration ReadHead(string path, JsonElement head)
    {
        var name = head.GetProperty("name").GetString() ?? "";
        var method = Enum.Parse<CalibrationMethod>(head.GetProperty("method").GetString() ?? "", ignoreCase: true);
        return new HeadCalibration(name, method, Enum.Parse<LabelTask>(head.GetProperty("task").GetString() ?? ""),
            [.. head.GetProperty("labels").EnumerateArray().Select(l => ReadLabel(path, name, method, l))])
        {
            FittedOn = head.GetProperty("fitted_on").GetString() ?? "",
            MeasuredOn = head.GetProperty("measured_on").GetString() ?? "",
        };
    }

    private static LabelCalibration ReadLabel(string path, string head, CalibrationMethod method, JsonElement json)
    {
        var label = new LabelCalibration
        {
            Name = json.GetProperty("name").GetString() ?? "",
            Temperature = method == CalibrationMethod.Temperature ? json.GetProperty("temperature").GetDouble() : 1,
            Offset = method == CalibrationMethod.Temperature ? json.GetProperty("offset").GetDouble() : 0,
            From = method == CalibrationMethod.Isotonic ? Numbers(json.GetProperty("from")) : [],
            To = method == CalibrationMethod.Isotonic ? Numbers(json.GetProperty("to")) : [],
            Positives = json.GetProperty("positives").GetInt32(),
            Negatives = json.GetProperty("negatives").GetInt32(),
            EceBefore = Optional(json.GetProperty("ece_before")),
            EceAfter = Optional(json.GetProperty("ece_after")),
            EceByChance = Optional(json.GetProperty("ece_by_chance")),
            OperatingPoints = [.. json.GetProperty("operating_points").EnumerateArray().Select(p => new OperatingPoint(
                p.GetProperty("kind").GetString() ?? "", p.GetProperty("target").GetDouble(), p.GetProperty("threshold").GetDouble(),
                p.GetProperty("sensitivity").GetDouble(), p.GetProperty("specificity").GetDouble()))],
        };
        var place = $"head '{head}', label '{label.Name}'";
        if (label.Temperature is not (> 0 and < 1e6))
            throw Error(path, place, $"has the temperature {label.Temperature}, expected a number above 0");
        if (method == CalibrationMethod.Isotonic && !IsCurve(label)) throw Error(path, place, "has a curve that does not rise from 0 to 1");
        return label;
    }

    private static bool IsCurve(LabelCalibration label) =>
        label.From.Count == label.To.Count && label.From.Count > 0
        && label.From.Concat(label.To).All(v => v is >= 0 and <= 1)
        && label.From.Zip(label.From.Skip(1)).All(p => p.First <= p.Second)
        && label.To.Zip(label.To.Skip(1)).All(p => p.First <= p.Second);

    private static double[] Numbers(JsonElement array) => [.. array.EnumerateArray().Select(v => v.GetDouble())];

    private static double? Optional(JsonElement number) => number.ValueKind == JsonValueKind.Null ? null : number.GetDouble();

    private static ArkInputException Error(string path, string? place, string problem) =>
        new(path, place, problem, "Name a file that 'ArkCalibrator' wrote.");
}
