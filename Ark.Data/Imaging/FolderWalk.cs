using System.IO.Enumeration;

namespace Ark.Data;

/// <summary>
/// Walks the files of a folder and of the folders below it. Links to folders are followed, each folder is walked once, and none that
/// holds the first one: links in circles add nothing, and a class never gets the images of its sisters.
/// </summary>
internal static class FolderWalk
{
    private static readonly EnumerationOptions Visible = new() { IgnoreInaccessible = false };

    /// <summary>The files that are not hidden, in no order.</summary>
    /// <param name="path">The folder.</param>
    /// <param name="recursive">Whether those in its folders are among them.</param>
    /// <param name="cancellationToken">Ends the walk.</param>
    /// <returns>The files as they are found; their paths begin with <paramref name="path"/>.</returns>
    public static IEnumerable<string> Files(string path, bool recursive, CancellationToken cancellationToken)
    {
        var root = RealPath(path);
        var visited = new HashSet<string>(StringComparer.Ordinal);
        var folders = new Stack<(string Path, string Real)>([(path, root)]);
        // Links come last, so that what a folder holds is found there and not through a link to it.
        var links = new Queue<(string Path, string Real)>();
        while (folders.TryPop(out var folder) || links.TryDequeue(out folder))
        {
            if (!visited.Add(folder.Real)) continue;
            foreach (var (entry, isFolder, isLink) in Entries(folder.Path))
            {
                cancellationToken.ThrowIfCancellationRequested();
                if (!isFolder)
                {
                    yield return entry;
                }
                else if (recursive && !isLink)
                {
                    folders.Push((entry, Path.Combine(folder.Real, Path.GetFileName(entry))));
                }
                else if (recursive)
                {
                    var real = RealPath(entry);
                    if (!Holds(real, root)) links.Enqueue((entry, real));
                }
            }
        }
    }

    private static FileSystemEnumerable<(string Path, bool IsFolder, bool IsLink)> Entries(string folder) =>
        new(
            folder,
            static (ref FileSystemEntry e) =>
                (e.ToSpecifiedFullPath(), e.IsDirectory, e.Attributes.HasFlag(FileAttributes.ReparsePoint)),
            Visible);

    private static bool Holds(string folder, string other) =>
        (other + Path.DirectorySeparatorChar).StartsWith(
            folder.TrimEnd(Path.DirectorySeparatorChar) + Path.DirectorySeparatorChar, StringComparison.Ordinal);

    // Without any link in it: only so do two ways to one folder look alike.
    private static string RealPath(string path)
    {
        var full = Path.GetFullPath(path);
        var real = Path.GetPathRoot(full)!;
        foreach (var part in full[real.Length..].Split(
            Path.DirectorySeparatorChar, StringSplitOptions.RemoveEmptyEntries))
        {
            var next = Path.Combine(real, part);
            real = Directory.ResolveLinkTarget(next, returnFinalTarget: true) is { } target ? RealPath(target.FullName) : next;
        }

        return real;
    }
}
