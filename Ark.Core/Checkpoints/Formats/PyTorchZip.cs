namespace Ark;

/// <summary>The zip format: one pickle, and an entry for each storage.</summary>
internal static class PyTorchZip
{
    // Entries beside the pickle and the storages (version, byte order) hold a few bytes; these are always verified.
    private const int SmallEntry = 1 << 16;

    public static CheckpointContent Read(FileSlice file, PyTorchLoadOptions options)
    {
        var index = ZipIndex.Read(file);
        var pickle = FindPickle(file, index);
        var prefix = pickle.Name[..^"data.pkl".Length];
        if (pickle.Size > PickleLimits.Bytes)
            throw new CheckpointException(
                file.Path, $"entry '{pickle.Name}'", $"is too large: {pickle.Size} bytes; the limit is {PickleLimits.Bytes}");
        foreach (var entry in index.Entries.Where(e => e.Size <= SmallEntry
            && e != pickle
            && !e.Name.StartsWith(prefix + "data/", StringComparison.Ordinal)))
            entry.Bytes(file, options.VerifyChecksums).Verify();
        CheckByteOrder(file, index, prefix);
        var storages = new Dictionary<string, StoredStorage>(StringComparer.Ordinal);
        var input = new PickleInput(file.Path, $"pickle '{pickle.Name}'", pickle.Bytes(file, options.VerifyChecksums).ToArray());
        var root = new PickleReader(input, options.InertNames.ToHashSet(StringComparer.Ordinal), Resolve).Read();
        return new CheckpointContent(CheckpointFormat.PyTorchZip, root) { VerifyRest = VerifyRest };

        object Resolve(PickleContext context, object? id)
        {
            var reference = StorageReference.Parse(context, id);
            if (storages.TryGetValue(reference.Key, out var known))
            {
                reference.CheckSame(context, known);
                return known;
            }

            var entry = index.Find($"{prefix}data/{reference.Key}")
                ?? throw context.Error($"refers to storage '{reference.Key}', whose entry is missing from the archive");
            var storage = reference.ToStorage();
            if (entry.Size != storage.ByteCount)
                throw context.Error($"says that storage '{reference.Key}' has {storage.Count} elements of {storage.Element.Name}, "
                    + $"{storage.ByteCount} bytes; its entry has a size of {entry.Size}");
            storage.Bytes = entry.Bytes(file, options.VerifyChecksums);
            storages.Add(reference.Key, storage);
            return storage;
        }

        void VerifyRest()
        {
            if (!options.VerifyChecksums) return;
            var read = storages.Values.Where(s => s.Bytes!.Verified).Select(s => $"{prefix}data/{s.Key}").Append(pickle.Name).ToHashSet(
                StringComparer.Ordinal);
            foreach (var entry in index.Entries.Where(e => !read.Contains(e.Name))) entry.Bytes(file, verify: true).Verify();
        }
    }

    private static ZipEntry FindPickle(FileSlice file, ZipIndex index)
    {
        var found = index.Entries.Where(e => e.Name.EndsWith("/data.pkl", StringComparison.Ordinal)).ToList();
        if (found.Count == 0)
            throw new CheckpointException(file.Path, null, "is a zip archive, but not one of PyTorch: the entry 'data.pkl' is missing");
        if (found.Count > 1)
            throw new CheckpointException(
                file.Path, null, $"is invalid: the archive has two roots, '{found[0].Name}' and '{found[1].Name}' (duplicate data.pkl)");
        var prefix = found[0].Name[..^"data.pkl".Length];
        if (index.Find(prefix + "constants.pkl") is not null)
            throw new CheckpointException(
                file.Path,
                null,
                "is a TorchScript archive, a program and not a checkpoint, which is unsupported",
                "Save its weights in Python: torch.save(torch.jit.load(FILE).state_dict(), …).");
        return found[0];
    }

    private static void CheckByteOrder(FileSlice file, ZipIndex index, string prefix)
    {
        if (index.Find(prefix + "byteorder") is not { Size: <= 16 } entry) return;
        if (entry.Bytes(file, verify: false).ToArray().AsSpan().SequenceEqual("big"u8))
            throw new CheckpointException(
                file.Path, $"entry '{entry.Name}'", "says that the file was written in big-endian order, which is unsupported");
    }
}
