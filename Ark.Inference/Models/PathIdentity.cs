namespace Ark.Inference;

/// <summary>Tells whether two paths lead to one file.</summary>
internal static class PathIdentity
{
    /// <summary>
    /// The full path without links, in whatever way it was written. Where something in it cannot be looked at it stays as it is: whoever
    /// opens the file says why.
    /// </summary>
    public static string Of(string path)
    {
        try
        {
            var full = Path.GetFullPath(path);
            var resolved = Path.GetPathRoot(full)!;
            foreach (var part in full[resolved.Length..].Split(Path.DirectorySeparatorChar, StringSplitOptions.RemoveEmptyEntries))
            {
                var next = Path.Combine(resolved, part);
                resolved = (Directory.Exists(next)
                    ? new DirectoryInfo(next)
                    : (FileSystemInfo)new FileInfo(next)).ResolveLinkTarget(returnFinalTarget: true)?.FullName ?? next;
            }

            return resolved;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return path;
        }
    }
}
