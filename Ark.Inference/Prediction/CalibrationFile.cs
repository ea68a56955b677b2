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
    private const int MaxDepth = 16;

    // Beyond these every probability is 0 or 1.
    private const double SmallestTemperature = 1e-6;
    private const double LargestNumber = 1e6;
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
        RegularFile.Require(path);
        try
        {
            if (new FileInfo(path).Length > Largest) throw Error(path, null, "is too large for a calibration");
            using var document = StrictJson.Document(File.ReadAllBytes(path), MaxDepth);
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
        catch (Exception e) when (e is JsonException or ArgumentException)
        {
            throw new ArkInputException(path, null, $"is no calibration: {OneLine(e)}", "Name a file that 'ArkCalibrator' wrote.", e);
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
        if (root.ValueKind != JsonValueKind.Object || !root.TryGetProperty("format", out var format)
            || format.ValueKind != JsonValueKind.String || format.GetString() != Format)
            throw Error(path, "key 'format'", "is no calibration of Ark");
        var json = new CalibrationJson(path, null, root);
        return new Calibration(
            json.Text("checkpoint"), json.Name<ModelRole>("weights"), [.. json.Objects("heads", h => $"head {h + 1}").Select(ReadHead)]);
    }

    private static HeadCalibration ReadHead(CalibrationJson json)
    {
        var name = json.Text("name");
        var method = json.Name<CalibrationMethod>("method");
        return new HeadCalibration(
            name,
            method,
            json.Name<LabelTask>("task"),
            [.. json.Objects("labels", l => $"head '{name}', label {l + 1}").Select(l => ReadLabel(name, method, l))])
        {
            FittedOn = json.Text("fitted_on"),
            MeasuredOn = json.Text("measured_on"),
        };
    }

    private static LabelCalibration ReadLabel(string head, CalibrationMethod method, CalibrationJson json)
    {
        var name = json.Text("name");
        json = json.At($"head '{head}', label '{name}'");
        var isTemperature = method == CalibrationMethod.Temperature;
        var label = new LabelCalibration
        {
            Name = name,
            Temperature = isTemperature ? json.Number("temperature", SmallestTemperature, LargestNumber) : 1,
            Offset = isTemperature ? json.Number("offset", -LargestNumber, LargestNumber) : 0,
            From = isTemperature ? [] : json.Numbers("from"),
            To = isTemperature ? [] : json.Numbers("to"),
            Positives = json.Count("positives"),
            Negatives = json.Count("negatives"),
            EceBefore = json.Optional("ece_before"),
            EceAfter = json.Optional("ece_after"),
            EceByChance = json.Optional("ece_by_chance"),
            OperatingPoints = [.. json.Objects(
                "operating_points", p => $"head '{head}', label '{name}', operating point {p + 1}").Select(p => new OperatingPoint(
                    p.Text("kind"), p.Number("target"), p.Number("threshold"), p.Number("sensitivity"), p.Number("specificity")))],
        };
        return isTemperature || IsCurve(label) ? label : throw json.Error("from", "is no curve with 'to' that rises from 0 to 1");
    }

    private static bool IsCurve(LabelCalibration label) =>
        label.From.Count == label.To.Count && label.From.Count > 0
        && label.From.Concat(label.To).All(v => v is >= 0 and <= 1)
        && label.From.Zip(label.From.Skip(1)).All(p => p.First <= p.Second)
        && label.To.Zip(label.To.Skip(1)).All(p => p.First <= p.Second);

    // A calibration refuses heads that contradict each other by an argument's name, which is not the user's.
    private static string OneLine(Exception e) => e.Message.Split('\n')[0].Split(" (Parameter")[0].TrimEnd('.', '\r');

    private static ArkInputException Error(string path, string? place, string problem) =>
        new(path, place, problem, "Name a file that 'ArkCalibrator' wrote.");
}
