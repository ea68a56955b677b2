using System.Text.Json;
using System.Text.Json.Nodes;

namespace Ark.Training;

/// <summary>Reads the metrics of a run, also while it goes on.</summary>
internal static class RunMetrics
{
    /// <summary>Reads a file of one JSON object a line; a last line without its end is still being written, or was when the run was killed, and is left out.</summary>
    /// <param name="path">The file.</param>
    /// <returns>Its objects; none where there is no file.</returns>
    /// <exception cref="ArkInputException">A line is no JSON object; the message names it.</exception>
    public static IReadOnlyList<JsonObject> Read(string path)
    {
        if (!File.Exists(path)) return [];
        using var reader = new StreamReader(new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete));
        var text = reader.ReadToEnd();
        var lines = text[..(text.LastIndexOf('\n') + 1)].Split('\n');
        var metrics = new List<JsonObject>(lines.Length);
        for (var i = 0; i < lines.Length; i++)
        {
            if (lines[i].Length == 0) continue;
            try
            {
                metrics.Add(JsonNode.Parse(lines[i])?.AsObject() ?? throw new JsonException("null"));
            }
            catch (Exception e) when (e is JsonException or InvalidOperationException)
            {
                throw new ArkInputException(path, $"line {i + 1}", "is no JSON object", "Restore the file that the run wrote.", e);
            }
        }

        return metrics;
    }
}
