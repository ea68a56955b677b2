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

    /// <summary>Writes a document as it is made, so that memory does not grow with it.</summary>
    /// <param name="terminal">Where standard output is.</param>
    /// <param name="path">The file, or <c>-</c> for standard output.</param>
    /// <param name="write">Writes it.</param>
    public static async Task WriteAsync(Terminal terminal, string path, Action<Utf8JsonWriter> write)
    {
        if (path == "-")
        {
            using var text = new TextStream(terminal.Out);
            Write(text, write);
            await terminal.Out.FlushAsync().ConfigureAwait(false);
            return;
        }

        try
        {
            var file = new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.Read, 1 << 16);
            await using (file.ConfigureAwait(false)) Write(file, write);
        }
        catch (Exception e) when (UnwritableFile.Is(e))
        {
            throw OutputPath.CannotBeWritten(path, "--json", e);
        }
    }

    private static void Write(Stream stream, Action<Utf8JsonWriter> write)
    {
        var options = new JsonWriterOptions { Indented = true, Encoder = Indented.Encoder };
        using (var writer = new Utf8JsonWriter(stream, options)) write(writer);

        stream.WriteByte((byte)'\n');
    }
}
