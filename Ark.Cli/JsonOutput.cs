using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Ark.Cli;

/// <summary>Writes results for machines.</summary>
internal static class JsonOutput
{
    internal static readonly JsonSerializerOptions Indented = new()
    {
        WriteIndented = true,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <summary>Writes a document to a file, or to standard output where the path is <c>-</c>.</summary>
    public static async Task WriteAsync(Terminal terminal, string path, JsonNode document)
    {
        var text = document.ToJsonString(Indented) + "\n";
        if (path == "-")
        {
            await terminal.Out.WriteAsync(text).ConfigureAwait(false);
            return;
        }

        try
        {
            await File.WriteAllTextAsync(path, text).ConfigureAwait(false);
        }
        catch (Exception e) when (UnwritableFile.Is(e))
        {
            throw OutputPath.CannotBeWritten(path, "--json", e);
        }
    }
}
