namespace Ark.Training;

/// <summary>Keeps a folder to one process: an open handle, which the system takes back from a process that dies.</summary>
internal static class RunLock
{
    /// <summary>Takes a folder.</summary>
    /// <param name="path">The folder, made where it is missing.</param>
    /// <returns>What holds it until it is disposed.</returns>
    /// <exception cref="ArkInputException">Another run holds it, or it cannot be written.</exception>
    public static FileStream Take(string path)
    {
        var file = Path.Combine(path, ".lock");
        try
        {
            Directory.CreateDirectory(path);
            return new FileStream(file, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (UnauthorizedAccessException e)
        {
            throw new ArkInputException(path, null, "cannot be written to", "Choose a folder with write permission ('Directory').", e);
        }
        catch (IOException e)
        {
            var problem = IsHeld(file) ? "is in use by another run" : $"cannot be used: {e.Message.TrimEnd('.')}";
            throw new ArkInputException(path, null, problem, "Wait for it to end, or choose another folder ('Directory').", e);
        }
    }

    // A lock file that can be read but not opened for oneself alone is held by someone; on a read-only or full disk it can be, or is not
    // there.
    private static bool IsHeld(string file)
    {
        if (!File.Exists(file)) return false;
        try
        {
            using var held = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.None);
            return false;
        }
        catch (IOException)
        {
            return true;
        }
    }
}
