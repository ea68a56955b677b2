using System.Text.Json.Nodes;

namespace Ark.Cli;

/// <summary>
/// Writes an array for machines element by element, so that memory does not grow with it and what was done before an error is kept. A file
/// grows under another name beside its own, and takes its place when the array has ended; one of before stays where nothing has come.
/// </summary>
internal sealed class JsonArrayOutput : IDisposable
{
    private readonly TextWriter _target;
    private readonly string? _path;
    private readonly string? _partial;
    private bool _any;
    private bool _isComplete;

    private JsonArrayOutput(TextWriter target, string? path, string? partial)
    {
        _target = target;
        _path = path;
        _partial = partial;
    }

    /// <summary>
    /// Begins an array in a file, or on standard output where the path is <c>-</c>; nowhere where it is <see langword="null"/>.
    /// </summary>
    /// <exception cref="ArkInputException">The file cannot be written.</exception>
    public static JsonArrayOutput? Open(Terminal terminal, string? path)
    {
        if (path is null) return null;
        if (path == "-") return new JsonArrayOutput(terminal.Out, null, null);
        // Devices and pipes have no length, and nothing can take their place, nor that of a link.
        var isPlain = !File.Exists(path) || (new FileInfo(path) is { LinkTarget: null, Length: > 0 });
        var partial = isPlain ? path + ".partial" : null;
        return Guarded(path, () => new JsonArrayOutput(new StreamWriter(partial ?? path) { AutoFlush = true }, path, partial));
    }

    /// <summary>Writes one element.</summary>
    public void Add(JsonNode element)
    {
        // No string of JSON holds a line end.
        var text = element.ToJsonString(JsonOutput.Indented).Replace("\n", "\n  ", StringComparison.Ordinal);
        Guarded(_path, () => _target.Write((_any ? ",\n  " : "[\n  ") + text));
        _any = true;
    }

    /// <summary>Says that all elements have come, so that an empty array is a result too.</summary>
    public void Complete() => _isComplete = true;

    /// <summary>Ends the array.</summary>
    public void Dispose() => Guarded(_path, () =>
    {
        var isResult = _any || _isComplete;
        if (isResult) _target.Write(_any ? "\n]\n" : "[]\n");
        if (_path is null) return;
        _target.Dispose();
        if (_partial is null) return;
        if (isResult) AtomicFile.Replace(_partial, _path);
        else File.Delete(_partial);
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
        catch (Exception e) when (path is not null && UnwritableFile.Is(e))
        {
            throw OutputPath.CannotBeWritten(path!, "--json", e);
        }
    }
}
