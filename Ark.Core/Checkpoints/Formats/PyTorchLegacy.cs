using System.Globalization;
using System.Numerics;

namespace Ark;

/// <summary>
/// The format before PyTorch 1.6: five pickles (magic number, version, system, value, keys), then the storages in the order of the keys.
/// </summary>
internal static class PyTorchLegacy
{
    private const long Version = 1001;
    private static readonly BigInteger Magic = BigInteger.Parse(
        "1950a86a20f9469cfc6c", NumberStyles.HexNumber, CultureInfo.InvariantCulture);

    public static CheckpointContent Read(FileSlice file, PyTorchLoadOptions options)
    {
        var input = new PickleInput(file, "legacy pickle");
        var roots = new Dictionary<string, StoredStorage>(StringComparer.Ordinal);
        var views = new Dictionary<string, StoredStorage>(StringComparer.Ordinal);
        var inert = options.InertNames.ToHashSet(StringComparer.Ordinal);
        var preamble = new PickleReader(input, new HashSet<string>(), resolve: null);
        if (!Equals(preamble.Read(), Magic)) throw input.Error("has an invalid magic number: a pickle, but not a checkpoint");
        if (preamble.Read() is not Version) throw input.Error("has an unsupported legacy protocol version");
        if (preamble.Read() is not PickleDictionary system) throw input.Error("has no description of the system that wrote it: corrupt");
        if (system.TryGetValue("little_endian", out var little) && little is not true)
            throw input.Error("was written with another endianness (big-endian), which is unsupported");
        var root = new PickleReader(input, inert, Resolve).Read();
        if (preamble.Read() is not List<object?> keys) throw input.Error("has no list of storage keys: corrupt");
        Locate(keys);
        if (input.Remaining > 0) throw input.Error($"has {input.Remaining} unexpected trailing bytes: corrupt");
        return new CheckpointContent(CheckpointFormat.PyTorchLegacy, root);

        object Resolve(PickleContext context, object? id)
        {
            var reference = StorageReference.Parse(context, id);
            if (!roots.TryGetValue(reference.Key, out var storage)) roots.Add(reference.Key, storage = reference.ToStorage());
            reference.CheckSame(context, storage);
            return reference.View is null ? storage : ResolveView(context, storage, reference.View);
        }

        StoredStorage ResolveView(PickleContext context, StoredStorage storage, object view)
        {
            if (view is not PickleTuple { Count: 3 } tuple
                || tuple[0] is not string key
                || tuple[1] is not long offset
                || tuple[2] is not long count)
                throw context.Error("has an invalid view of a storage");
            if (offset < 0 || count < 0 || offset > storage.Count || count > storage.Count - offset)
                throw context.Error($"has a view of storage '{storage.Key}' (offset {offset}, {count} elements) out of range of its "
                    + $"{storage.Count} elements");
            context.CountKey(key);
            if (views.TryGetValue(key, out var known))
            {
                if (known.Owner != storage || known.OwnerOffset != offset * storage.Element.Size || known.Count != count)
                    throw context.Error($"describes the storage view '{key}' twice (mismatch)");
                return known;
            }

            var made = storage.Part(key, offset, count);
            views.Add(key, made);
            return made;
        }

        void Locate(List<object?> keys)
        {
            foreach (var item in keys)
            {
                if (item is not string key || !roots.TryGetValue(key, out var storage))
                    throw input.Error($"lists the storage key '{item}', which nothing uses: invalid");
                if (storage.Bytes is not null) throw input.Error($"lists the storage key '{key}' twice: invalid");
                var count = input.ReadInt64();
                if (count != storage.Count)
                    throw input.Error(
                        $"has {count} elements in storage '{key}', whose size the pickle gives as {storage.Count} (mismatch)");
                if (storage.ByteCount > input.Remaining)
                    throw input.Error($"is truncated: storage '{key}' needs {storage.ByteCount} bytes, {input.Remaining} are left");
                storage.Bytes = new StorageBytes(
                    file.Slice(input.Position, storage.ByteCount), storage.ByteCount, deflated: false, crc: null, $"storage '{key}'");
                input.Skip(storage.ByteCount);
            }

            foreach (var storage in roots.Values)
                if (storage.Bytes is null) throw input.Error($"lacks storage '{storage.Key}': its key is missing from the list");
        }
    }
}
