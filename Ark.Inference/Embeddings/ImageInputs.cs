using Ark.Data;

namespace Ark.Inference;

/// <summary>The images of files, folders and lists.</summary>
public static class ImageInputs
{
    private static readonly string[] PathColumns = ["path", "image", "name", "filename", "file", "Image Index", "image_id"];

    /// <summary>The images of a folder (and its folders, sorted by name), of a list, or a single file.</summary>
    /// <param name="path">The folder, image, text list (a path a line, anything after a blank ignored where the whole line is no file) or
    /// CSV with a column of paths.</param>
    /// <param name="folder">What relative paths of a list are relative to; <see langword="null"/> for the list's own folder.</param>
    /// <param name="passedOver">Hears of the DICOM files of a folder that hold no picture, such as directories and reports; they are left
    /// out.</param>
    /// <param name="cancellationToken">Ends the reading early.</param>
    /// <returns>The images; files that do not exist are among them, and will be found bad when they are read.</returns>
    /// <exception cref="ArkInputException">There is nothing of that name, or no image in it.</exception>
    public static IReadOnlyList<NamedImage> Read(
        string path, string? folder = null, Action<string>? passedOver = null, CancellationToken cancellationToken = default)
    {
        if (folder is not null && !Directory.Exists(folder))
            throw new ArkInputException(folder, null, "the folder does not exist", "Correct the path ('folder').");
        IReadOnlyList<NamedImage> images;
        if (Directory.Exists(path)) images = OfFolder(path, passedOver, cancellationToken);
        else if (ImageFolder.Endings.Contains(Path.GetExtension(path))) images = [new NamedImage(path, new ImageFile(path))];
        else images = OfList(path, folder ?? Path.GetDirectoryName(Path.GetFullPath(path))!, cancellationToken);
        return images.Count > 0 ? images : throw new ArkInputException(
            path,
            null,
            "has no images",
            $"Images are DICOM, or end in {string.Join(", ", ImageFolder.Endings.Order(StringComparer.Ordinal))}.");
    }

    /// <summary>
    /// Images and folders of images. Beside others, an image of a folder has the folder in its name: two may hold files of the same names.
    /// </summary>
    /// <param name="paths">The images and folders; a file need not look like an image.</param>
    /// <param name="passedOver">Hears of the DICOM files of a folder that hold no picture; they are left out.</param>
    /// <param name="cancellationToken">Ends the reading early.</param>
    /// <returns>The images; files that do not exist are among them, and will be found bad when they are read.</returns>
    /// <exception cref="ArkInputException">There is no image in a folder.</exception>
    public static IReadOnlyList<NamedImage> ReadAll(
        IReadOnlyList<string> paths, Action<string>? passedOver = null, CancellationToken cancellationToken = default)
    {
        IEnumerable<NamedImage> Of(string path) => !Directory.Exists(path) ? [new NamedImage(path, new ImageFile(path))]
            : paths.Count == 1 ? Read(path, null, passedOver, cancellationToken)
            : Read(path, null, passedOver, cancellationToken).Select(i => i with { Name = $"{path.TrimEnd('/', '\\')}/{i.Name}" });
        return [.. paths.SelectMany(Of)];
    }

    private static List<NamedImage> OfFolder(string path, Action<string>? passedOver, CancellationToken cancellationToken) =>
        [.. ImageFolder.Enumerate(path, recursive: true, passedOver, cancellationToken: cancellationToken)
            .Select(f => (Name: Path.GetRelativePath(path, f).Replace('\\', '/'), File: f)).OrderBy(
                f => f.Name, StringComparer.Ordinal).Select(f => new NamedImage(f.Name, new ImageFile(f.File)))];

    private static List<NamedImage> OfList(string path, string folder, CancellationToken cancellationToken)
    {
        var names = ListFile.IsTable(path)
            ? OfCsv(path, cancellationToken)
            : ListFile.ReadLines(path, cancellationToken).Select(l => NameOf(l.Text, folder));
        return [.. names.Select(n => new NamedImage(n, new ImageFile(ImagePath.Below(folder, n))))];
    }

    // Ark's lists have labels behind the name; a name may have blanks itself.
    private static string NameOf(string line, string folder)
    {
        var blank = line.AsSpan().IndexOfAny(' ', '\t', ',');
        return blank < 0 || File.Exists(ImagePath.Below(folder, line)) ? line : line[..blank];
    }

    private static IEnumerable<string> OfCsv(string path, CancellationToken cancellationToken)
    {
        using var table = CsvTable.Open(path);
        var column = table.AnyColumn(PathColumns, "Name the column of paths 'path'.");
        while (table.Read())
        {
            cancellationToken.ThrowIfCancellationRequested();
            table.CheckRow();
            yield return table[column];
        }
    }
}
