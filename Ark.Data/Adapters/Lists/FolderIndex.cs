namespace Ark.Data;

/// <summary>
/// The files below a folder by their bare names: publishers pack images into folders of a few thousand, and their lists leave those out.
/// </summary>
internal sealed class FolderIndex
{
    private readonly string _folder;
    private readonly Dictionary<string, string> _first = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _second = new(StringComparer.Ordinal);

    private FolderIndex(string folder) => _folder = folder;

    /// <summary>Walks a folder.</summary>
    /// <param name="folder">The folder; empty where there is none.</param>
    /// <param name="cancellationToken">Ends the walk.</param>
    /// <exception cref="ArkInputException">The folder cannot be read.</exception>
    public static FolderIndex Of(string folder, CancellationToken cancellationToken)
    {
        var index = new FolderIndex(folder);
        if (!Directory.Exists(folder)) return index;
        try
        {
            foreach (var file in FolderWalk.Files(folder, recursive: true, cancellationToken))
            {
                var name = Path.GetFileName(file);
                var place = Path.GetRelativePath(folder, file);
                if (!index._first.TryAdd(name, place)) index._second.TryAdd(name, place);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ArkInputException(
                folder, null, $"the folder cannot be searched: {e.Message.TrimEnd('.')}", "Give yourself leave to read it.", e);
        }

        return index;
    }

    /// <summary>The one file of a name.</summary>
    /// <param name="name">The name, without folders.</param>
    /// <param name="list">The list that names it, for messages.</param>
    /// <param name="line">Its line, for messages.</param>
    /// <returns>The path from the folder; <see langword="null"/> where there is none.</returns>
    /// <exception cref="ArkInputException">There are several.</exception>
    public string? Find(string name, string list, long line)
    {
        if (_second.TryGetValue(name, out var second))
            throw new ArkInputException(
                list,
                $"line {line}",
                $"the image '{name}' is in several folders of '{_folder}': {string.Join(" and ", Sorted(_first[name], second))}",
                "Write the folder before the name, set 'settings: {image_path: FOLDER/{name}}', or correct 'data_dir'.");
        return _first.GetValueOrDefault(name);
    }

    private static IEnumerable<string> Sorted(params string[] places) => places.Order(StringComparer.Ordinal);
}
