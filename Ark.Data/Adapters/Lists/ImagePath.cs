namespace Ark.Data;

/// <summary>Turns image names of a list into paths. A list may come from anybody, so its names must stay below the data folder.</summary>
internal static class ImagePath
{
    private const int MaxNameLength = 1024;

    /// <summary>Finds the file of an image name.</summary>
    /// <param name="dataDirectory">The folder that names are relative to.</param>
    /// <param name="name">The name as the list has it.</param>
    /// <param name="list">The list, for messages.</param>
    /// <param name="line">The row's line, for messages.</param>
    /// <param name="allowOutside">Whether the name may leave the folder.</param>
    /// <returns>The path of an existing file.</returns>
    /// <exception cref="ArkInputException">The name leaves the folder, or names no existing file.</exception>
    public static string Resolve(string dataDirectory, string name, string list, long line, bool allowOutside = false)
    {
        if (!allowOutside) Check(name, list, line);
        var path = Below(dataDirectory, name);
        if (File.Exists(path)) return path;
        if (Directory.Exists(path)) throw new ArkInputException(list, $"line {line}", $"the path '{name}' is a folder, not an image");
        throw new ArkInputException(
            list,
            $"line {line}",
            $"the image '{name}' was not found in '{dataDirectory}'",
            "Put the file there, correct the row, or correct 'data_dir'.",
            new FileNotFoundException(null, path));
    }

    /// <summary>
    /// The place of a name below a folder. Lists that were made on Windows have backslashes, which elsewhere are part of a name: they are
    /// taken for slashes where nothing has the name as it is written.
    /// </summary>
    /// <param name="folder">The folder.</param>
    /// <param name="name">The name as the list has it.</param>
    /// <returns>The path; there need not be a file.</returns>
    public static string Below(string folder, string name)
    {
        var written = Path.Combine(folder, name);
        if (!name.Contains('\\', StringComparison.Ordinal) || File.Exists(written)) return written;
        var slashed = Path.Combine(folder, name.Replace('\\', '/'));
        return File.Exists(slashed) ? slashed : written;
    }

    /// <summary>Whether an error says that the file of an image is not there.</summary>
    /// <param name="error">The error of a row.</param>
    /// <returns>Whether it does.</returns>
    public static bool IsMissing(ArkInputException error) => error.InnerException is FileNotFoundException;

    /// <summary>Refuses a name that is empty or longer than any file's: it is looked up before it is checked in full.</summary>
    /// <param name="name">The name as the list has it.</param>
    /// <param name="list">The list, for messages.</param>
    /// <param name="line">The row's line, for messages.</param>
    public static void CheckLength(string name, string list, long line)
    {
        if (name.Length is 0 or > MaxNameLength) Check(name, list, line);
    }

    /// <summary>Refuses a name that could lead out of the data folder.</summary>
    /// <param name="name">The name as the list has it.</param>
    /// <param name="list">The list, for messages.</param>
    /// <param name="line">The row's line, for messages.</param>
    /// <exception cref="ArkInputException">The name is empty, too long, absolute, or climbs.</exception>
    public static void Check(string name, string list, long line)
    {
        var problem = name switch
        {
            "" => "the image path is empty",
            { Length: > MaxNameLength } => $"the image path is too long (over {MaxNameLength} characters)",
            ['/' or '\\', ..] or [_, ':', ..] => $"the image path '{name}' is absolute",
            _ when name.AsSpan().ContainsAnyInRange('\0', '\x1F') => "the image path contains a control character, which is invalid",
            _ when Climbs(name) => $"the image path '{name}' leads outside the data folder",
            _ => null,
        };
        if (problem is not null)
            throw new ArkInputException(
                list,
                $"line {line}",
                problem,
                "Image names are relative to 'data_dir' and stay below it, unless the setting 'allow_outside: true' says otherwise.");
    }

    private static bool Climbs(ReadOnlySpan<char> name)
    {
        foreach (var segment in name.SplitAny('/', '\\'))
        {
            if (name[segment].Trim() is "..") return true;
        }

        return false;
    }
}
