namespace Ark.Data;

/// <summary>Tells the images of a folder from what else lies there: notes, thumbnails, what systems hide.</summary>
internal static class ImageFolder
{
    private static readonly HashSet<string> DicomEndings = new(StringComparer.OrdinalIgnoreCase) { ".dcm", ".dicom" };

    /// <summary>The endings that images have, with their dots.</summary>
    public static IReadOnlySet<string> Endings { get; } = new HashSet<string>(StringComparer.OrdinalIgnoreCase)
    {
        ".png", ".jpg", ".jpeg", ".tif", ".tiff", ".webp", ".bmp", ".gif", ".dcm", ".dicom"
    };

    /// <summary>
    /// The images of a folder, without those that are hidden, in no order. DICOM files, which archives write without an ending or with any,
    /// are known by their first bytes. Links are followed as <see cref="FolderWalk"/> does.
    /// </summary>
    /// <param name="path">The folder.</param>
    /// <param name="recursive">Whether those in its folders are among them.</param>
    /// <param name="passedOver">Hears of DICOM files without a picture, which are left out: directories, reports, presentation
    /// states.</param>
    /// <param name="others">Further endings that are taken for images.</param>
    /// <param name="cancellationToken">Ends the walk.</param>
    /// <returns>The images as they are found.</returns>
    /// <exception cref="ArkInputException">The folder cannot be read.</exception>
    public static IEnumerable<string> Enumerate(
        string path, bool recursive = false, Action<string>? passedOver = null, IReadOnlyList<string>? others = null,
        CancellationToken cancellationToken = default)
    {
        using var files = FolderWalk.Files(path, recursive, cancellationToken).GetEnumerator();
        while (Next(files, path))
        {
            var file = files.Current;
            var ending = Path.GetExtension(file);
            var isImage = Endings.Contains(ending) || others?.Contains(ending, StringComparer.OrdinalIgnoreCase) == true;
            if (!isImage || DicomEndings.Contains(ending))
            {
                var content = DicomContents.Of(file);
                if (content == DicomContent.NoPicture) passedOver?.Invoke(file);
                isImage = content == DicomContent.Picture || (isImage && content == DicomContent.None);
            }

            if (isImage) yield return file;
        }
    }

    /// <summary>One line about what was passed over.</summary>
    /// <param name="files">The files.</param>
    public static string PassedOver(IReadOnlyList<string> files)
    {
        const int named = 5;
        var names = string.Join(", ", files.Order(StringComparer.Ordinal).Take(named).Select(f => Path.GetFileName(f)));
        return $"passed over {files.Count} DICOM file(s) without a picture (directories, reports, presentation states): {names}"
            + (files.Count > named ? " …" : "");
    }

    private static bool Next(IEnumerator<string> files, string path)
    {
        try
        {
            return files.MoveNext();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ArkInputException(
                path, null, $"the folder cannot be read: {e.Message.TrimEnd('.')}", "Give yourself leave to read it and what is in it.", e);
        }
    }
}
