using System.Formats.Tar;

namespace Ark.Fuzz;

/// <summary>Several files of one input, as a tar archive: whoever has a finding can unpack it.</summary>
internal static class Bundle
{
    public static byte[] Write(IEnumerable<(string Name, byte[] Content)> files)
    {
        using var stream = new MemoryStream();
        using (var tar = new TarWriter(stream, TarEntryFormat.Ustar, leaveOpen: true))
        {
            foreach (var (name, content) in files)
                tar.WriteEntry(new UstarTarEntry(TarEntryType.RegularFile, name) { DataStream = new MemoryStream(content) });
        }

        return stream.ToArray();
    }

    /// <summary>The files; an input that is no archive has none.</summary>
    public static List<(string Name, byte[] Content)> Read(byte[] bundle)
    {
        var files = new List<(string, byte[])>();
        try
        {
            using var tar = new TarReader(new MemoryStream(bundle));
            while (tar.GetNextEntry() is { } entry)
            {
                // Plain changes reach names too, and must not lead out of the folder.
                if (entry.EntryType != TarEntryType.RegularFile || entry.Name.TrimStart('.').Length == 0
                    || !entry.Name.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-' or '_'))
                    continue;
                using var content = new MemoryStream();
                entry.DataStream?.CopyTo(content);
                files.Add((entry.Name, content.ToArray()));
            }
        }
        catch (Exception e) when (e is InvalidDataException or IOException or FormatException or OverflowException or ArgumentException)
        {
            // A damaged bundle holds what could be read of it.
        }

        return files;
    }

    /// <summary>Changes one of the files.</summary>
    /// <param name="bundle">The files.</param>
    /// <param name="change">Changes one, by its name.</param>
    /// <param name="random">Chooses it.</param>
    public static byte[] Mutate(byte[] bundle, Func<string, byte[], byte[]> change, RandomStream random)
    {
        var files = Read(bundle);
        if (files.Count == 0) return bundle;
        var at = random.NextInt32(files.Count);
        files[at] = (files[at].Name, change(files[at].Name, files[at].Content));
        return Write(files);
    }

    /// <summary>The contents of one name in several bundles.</summary>
    public static List<byte[]> Of(IReadOnlyList<byte[]> bundles, string name, RandomStream random)
    {
        // Not all of them: a corpus is large, and one is enough.
        var found = Read(bundles[random.NextInt32(bundles.Count)]).Where(f => f.Name == name).Select(f => f.Content).ToList();
        return found.Count > 0 ? found : [[]];
    }
}
