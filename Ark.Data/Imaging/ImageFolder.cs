namespace Ark.Data;

/// <summary>Tells the images of a folder from what else lies there: notes, thumbnails, what systems hide.</summary>
internal static class ImageFolder
{
    /// <summary>The endings that images have, with their dots.</summary>
    public static IReadOnlySet<string> Endings { get; } = new HashSet<string>(StringComparer.OrdinalIgnoreCase)
    {
        ".png", ".jpg", ".jpeg", ".tif", ".tiff", ".webp", ".bmp", ".gif", ".dcm", ".dicom"
    };

    /// <summary>
    /// The images of a folder, without those that are hidden, in no order. DICOM files, which archives write without an ending or with any,
    /// are known by their first bytes.
    /// </summary>
    /// <param name="path">The folder.</param>
    /// <param name="recursive">Whether those in its folders are among them.</param>
    /// <param name="others">Further endings that are taken for images.</param>
    /// <exception cref="ArkInputException">The folder cannot be read.</exception>
    public static IReadOnlyList<string> Enumerate(string path, bool recursive = false, params ReadOnlySpan<string> others)
    {
        HashSet<string> endings = new([.. Endings, .. others], StringComparer.OrdinalIgnoreCase);
        try
        {
            return [.. Directory.EnumerateFiles(path, "*", new EnumerationOptions
            {
                RecurseSubdirectories = recursive,
                IgnoreInaccessible = false,
            }).Where(f => endings.Contains(Path.GetExtension(f)) || IsDicom(f))];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ArkInputException(
                path, null, $"the folder cannot be read: {e.Message.TrimEnd('.')}", "Give yourself leave to read it and what is in it.", e);
        }
    }

    private static bool IsDicom(string file)
    {
        if (RegularFile.ObstacleOf(file) is not null) return false;
        Span<byte> head = stackalloc byte[DicomImage.HeadBytes];
        try
        {
            using var stream = File.OpenRead(file);
            return DicomImage.IsDicom(head[..stream.ReadAtLeast(head, head.Length, throwOnEndOfStream: false)]);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // What cannot be read and does not look like an image is none of ours.
            return false;
        }
    }
}
