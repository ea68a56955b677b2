namespace Ark.Phantom;

/// <summary>
/// The folder in which datasets grow before they take their place in one step. It lies beside the target, so that taking the place is a
/// rename; a lock file shows that its maker lives, and what dead makers left is removed.
/// </summary>
internal sealed class PhantomWorkFolder : IDisposable
{
    private const string LockName = ".lock";
    private readonly string _target;
    private readonly FileStream _lock;
    private bool _placed;

    private PhantomWorkFolder(string target, string path)
    {
        _target = target;
        FullName = path;
        _lock = OpenLock(path, FileMode.CreateNew);
    }

    /// <summary>The folder's path.</summary>
    public string FullName { get; }

    /// <summary>Creates a folder beside a target.</summary>
    /// <param name="target">The target's full path.</param>
    /// <returns>The folder.</returns>
    public static PhantomWorkFolder Beside(string target)
    {
        var parent = Path.GetDirectoryName(target)!;
        var prefix = $".{Path.GetFileName(target)}.partial-";
        Directory.CreateDirectory(parent);
        foreach (var old in Directory.EnumerateDirectories(parent, prefix + "*")) RemoveIfDead(old);
        var path = Path.Combine(parent, prefix + Guid.NewGuid().ToString("N"));
        Directory.CreateDirectory(path);
        return new PhantomWorkFolder(target, path);
    }

    /// <summary>Puts the folder in its target's place, where nothing or an empty folder may be.</summary>
    /// <exception cref="IOException">Something is there.</exception>
    public void TakePlace()
    {
        Unlock();
        if (Directory.Exists(_target)) Directory.Delete(_target);
        Directory.Move(FullName, _target);
        _placed = true;
    }

    /// <summary>Removes the folder, if it has not taken its place.</summary>
    public void Dispose()
    {
        if (_placed) return;
        try
        {
            // The lock last: what is left with it is known for dead by the next maker.
            foreach (var folder in Directory.EnumerateDirectories(FullName)) Directory.Delete(folder, recursive: true);
            foreach (var file in Directory.EnumerateFiles(FullName).Where(f => Path.GetFileName(f) != LockName)) File.Delete(file);
            Unlock();
            Directory.Delete(FullName);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Why there is something to remove is worth more than this; the next maker removes it.
        }
        finally
        {
            _lock.Dispose();
        }
    }

    private void Unlock()
    {
        _lock.Dispose();
        File.Delete(Path.Combine(FullName, LockName));
    }

    private static void RemoveIfDead(string path)
    {
        try
        {
            using (OpenLock(path, FileMode.Open))
            {
                // Nobody holds it: its maker was killed.
            }

            Directory.Delete(path, recursive: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Its maker is at work or has just finished, or is another user.
        }
    }

    private static FileStream OpenLock(string path, FileMode mode) =>
        new(Path.Combine(path, LockName), mode, FileAccess.ReadWrite, FileShare.None);
}
