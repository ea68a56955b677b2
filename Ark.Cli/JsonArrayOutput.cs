using System.Text.Json.Nodes;

namespace Ark.Cli;

/// <summary>Writes an array for machines element by element, so that memory does not grow with it and what was done before an error is kept.</summary>
internal sealed class JsonArrayOutput : IDisposable
{
    private readonly TextWriter _target;
    private readonly string? _path;
    private bool _any;

    private JsonArrayOutput(TextWriter target, string? path)
    {
        _target = target;
        _path = path;
    }

    /// <summary>Begins an array in a file, or on standard output where the path is <c>-</c>; nowhere where it is <see langword="null"/>.</summary>
    /// <exception cref="ArkInputException">The file cannot be written.</exception>
    public static JsonArrayOutput? Open(Terminal terminal, string? path)
    {
        if (path is null) return null;
        return path == "-" ? new JsonArrayOutput(terminal.Out, null) : Guarded(path, () => new JsonArrayOutput(new StreamWriter(path), path));
    }

    /// <summary>Writes one element.</summary>
    public void Add(JsonNode element)
    {
        // No string of JSON holds a line end.
        var text = element.ToJsonString(JsonOutput.Indented).Replace("\n", "\n  ", StringComparison.Ordinal);
        Guarded(_path, () => _target.Write((_any ? ",\n  " : "[\n  ") + text));
        _any = true;
    }

    /// <summary>Ends the array.</summary>
    public void Dispose() => Guarded(_path, () =>
    {
        _target.Write(_any ? "\n]\n" : "[]\n");
        if (_path is not null) _target.Dispose();
    });

    private static void Guarded(string? path, Action write) => Guarded(path, () =>
    {
        write();
        return true;
    });

    private static T Guarded<T>(string? path, Func<T> write)
    {
        try
        {
            return write();
        }
        catch (Exception e) when (path is not null && e is IOException or UnauthorizedAccessException)
        {
            throw OutputPath.CannotBeWritten(path!, "--json", e);
        }
    }
}
