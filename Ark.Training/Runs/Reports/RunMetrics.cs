using System.Buffers;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Ark.Training;

/// <summary>Reads the metrics of a run, also while it goes on.</summary>
internal static class RunMetrics
{
    /// <summary>The longest line that is taken for one of a run; an evaluation of a thousand labels has a tenth of it.</summary>
    internal const int MaxLineLength = 4 << 20;

    /// <summary>
    /// Reads a file of one JSON object a line, never more than one line in memory; a last line without its end is still being written, or
    /// was when the run was killed, and is left out.
    /// </summary>
    /// <param name="path">The file.</param>
    /// <returns>Its objects, read as they are asked for; none where there is no file.</returns>
    /// <exception cref="ArkInputException">A line is no JSON object, or too long; the message names it.</exception>
    public static IEnumerable<JsonObject> Read(string path)
    {
        if (!File.Exists(path)) yield break;
        RegularFile.Require(path);
        using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
        var line = new ArrayBufferWriter<byte>(1 << 16);
        var block = new byte[1 << 16];
        var number = 1;
        int read;
        while ((read = stream.Read(block)) > 0)
        {
            for (var start = 0; start < read;)
            {
                var end = Array.IndexOf(block, (byte)'\n', start, read - start);
                var take = (end < 0 ? read : end) - start;
                if (line.WrittenCount + take > MaxLineLength)
                    throw new ArkInputException(
                        path, $"line {number}", $"is too long (over {MaxLineLength >> 20} MB)", "Restore the file that the run wrote.");
                line.Write(block.AsSpan(start, take));
                start += take;
                if (end < 0) continue;
                if (line.WrittenSpan.Trim("\r "u8).Length > 0) yield return Parse(line.WrittenSpan, path, number);
                line.ResetWrittenCount();
                number++;
                start++;
            }
        }
    }

    private static JsonObject Parse(ReadOnlySpan<byte> line, string path, int number)
    {
        try
        {
            return StrictJson.Node(line)?.AsObject() ?? throw new JsonException("null");
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw new ArkInputException(path, $"line {number}", "is no JSON object", "Restore the file that the run wrote.", e);
        }
    }
}
