using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;

namespace Ark.Evaluation;

/// <summary>
/// Tells whether lists are those that a run began with: their names, but for the folder that all names of a list have, which may have been
/// moved, and their targets, in order.
/// </summary>
internal static class ListDigest
{
    /// <summary>The digest of several lists.</summary>
    /// <param name="lists">The lists; each row is a name and its targets.</param>
    public static string Of(params IReadOnlyList<IReadOnlyList<(string Name, float[] Targets)>> lists)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var list in lists)
        {
            var common = list.Select(r => Slashed(r.Name)).Aggregate((string?)null, CommonFolder)?.Length ?? 0;
            hash.AppendData(BitConverter.GetBytes(list.Count));
            foreach (var (name, targets) in list)
            {
                hash.AppendData(Encoding.UTF8.GetBytes(Slashed(name)[common..] + "\n"));
                hash.AppendData(BitConverter.GetBytes(targets.Length));
                hash.AppendData(MemoryMarshal.AsBytes<float>(targets));
            }
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    private static string Slashed(string name) => name.Replace('\\', '/');

    // With its slash; empty where there is none.
    private static string CommonFolder(string? folder, string name)
    {
        var length = name.LastIndexOf('/') + 1;
        if (folder is null) return name[..length];
        var same = folder.AsSpan().CommonPrefixLength(name.AsSpan(0, length));
        return folder[..(folder.AsSpan(0, same).LastIndexOf('/') + 1)];
    }
}
