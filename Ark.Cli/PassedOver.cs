using Ark.Data;

namespace Ark.Cli;

/// <summary>Tells of the files of folders that hold no picture, once all of them are known.</summary>
/// <param name="terminal">Where to tell it.</param>
internal sealed class PassedOver(Terminal terminal)
{
    private readonly List<string> _files = [];

    /// <summary>Takes a file.</summary>
    public void Add(string file) => _files.Add(file);

    /// <summary>Writes one line where there is something to tell.</summary>
    public void Tell()
    {
        if (_files.Count > 0) terminal.Error.WriteLine($"warning: {OneLine.Of(ImageFolder.PassedOver(_files))}");
    }
}
