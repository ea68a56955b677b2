using System.Globalization;
using System.Numerics;

namespace Ark;

/// <summary>
/// A file that really is a tar archive: either PyTorch's first format (files <c>storages</c>, <c>tensors</c> and <c>pickle</c>), or an
/// archive that wraps a single weight file.
/// </summary>
internal static class PyTorchTar
{
    private const int MaxObjects = 500_000;

    public static CheckpointContent Read(FileSlice file, PyTorchLoadOptions options)
    {
        var files = TarIndex.Read(file).Files;
        if (files.TryGetValue("storages", out var storages)
            && files.TryGetValue("tensors", out var tensors)
            && files.TryGetValue("pickle", out var pickle))
            return new CheckpointContent(CheckpointFormat.PyTorchTar, new Reader(options).Read(storages, tensors, pickle));
        if (files.Count == 1) return CheckpointFormats.Read(files.Values.Single(), options, insideTar: true);
        throw new CheckpointException(
            file.Path, null, $"is a tar archive of {files.Count} files, not a checkpoint", "Unpack it, and load the file inside.");
    }

    private sealed class Reader(PyTorchLoadOptions options)
    {
        private static readonly HashSet<string> NoNames = [];
        private readonly Dictionary<object, StoredStorage> _storages = new(PickleKeyComparer.Instance);
        private readonly Dictionary<object, StoredTensor> _tensors = new(PickleKeyComparer.Instance);

        public object? Read(FileSlice storages, FileSlice tensors, FileSlice pickle)
        {
            ReadStorages(storages);
            ReadTensors(tensors);
            return new PickleReader(
                new PickleInput(pickle, "tar entry 'pickle'"), options.InertNames.ToHashSet(StringComparer.Ordinal), Resolve).Read();
        }

        private void ReadStorages(FileSlice file)
        {
            var input = new PickleInput(file, "tar entry 'storages'");
            var context = new PickleContext(input);
            var reader = new PickleReader(input, NoNames, resolve: null);
            var count = CountOf(input, reader.Read());
            for (long i = 0; i < count; i++)
            {
                if (reader.Read() is not PickleTuple { Count: 3 } entry || !PickleKeyComparer.IsKey(entry[0]) || entry[
                    2] is not PickleGlobal type
                    || StorageReference.OfClass(type.Name) is not { } element)
                {
                    throw input.Error("has an invalid storage");
                }

                var elements = input.ReadInt64();
                if (elements < 0 || elements > input.Remaining / element.Size)
                    throw input.Error($"has a storage of {elements} elements, but {input.Remaining} bytes are left: truncated or corrupt");
                var storage = new StoredStorage(entry[0]!.ToString()!, element, elements);
                storage.Bytes = new StorageBytes(
                    file.Slice(input.Position, storage.ByteCount), storage.ByteCount, deflated: false, crc: null, "tar entry 'storages'");
                input.Skip(storage.ByteCount);
                if (!_storages.TryAdd(entry[0]!, storage)) throw input.Error("has a duplicate storage key");
            }

            if (reader.Read() is not List<object?> views) throw input.Error("has no list of storage views: corrupt");
            foreach (var item in views) AddView(context, item);
        }

        private void AddView(PickleContext context, object? item)
        {
            if (item is not PickleTuple { Count: 4 } view || !PickleKeyComparer.IsKey(view[0]) || !PickleKeyComparer.IsKey(view[1]) || view[
                2] is not long offset || view[3] is not long count
                || !_storages.TryGetValue(view[1]!, out var root))
            {
                throw context.Error("has an invalid storage view");
            }

            context.CountKey(view[0]);
            context.CountKey(view[1]);
            if (offset < 0 || count < 0 || offset > root.Count || count > root.Count - offset)
                throw context.Error("has a storage view out of range of its storage");
            if (!_storages.TryAdd(view[0]!, root.Part(view[0]!.ToString()!, offset, count)))
                throw context.Error("has a duplicate storage key");
        }

        private void ReadTensors(FileSlice file)
        {
            var input = new PickleInput(file, "tar entry 'tensors'");
            var context = new PickleContext(input);
            var reader = new PickleReader(input, NoNames, resolve: null);
            var count = CountOf(input, reader.Read());
            for (long i = 0; i < count; i++)
            {
                if (reader.Read() is not PickleTuple { Count: 3 } entry || !PickleKeyComparer.IsKey(
                    entry[0]) || !PickleKeyComparer.IsKey(entry[1])
                    || !_storages.TryGetValue(entry[1]!, out var storage))
                {
                    throw input.Error("has a tensor whose storage is missing");
                }

                var rank = input.ReadInt32();
                input.Skip(4);
                if (rank < 0 || rank > input.Remaining / 16) throw input.Error($"has a tensor of {rank} dimensions: corrupt");
                var shape = ReadNumbers(input, rank);
                var strides = ReadNumbers(input, rank);
                var tensor = StoredTensor.Create(
                    storage, storage.Element, input.ReadInt64(), shape, strides, requiresGrad: false, out var problem);
                if (tensor is null) throw input.Error(problem);
                context.CountRepetition(tensor);
                if (!_tensors.TryAdd(entry[0]!, tensor)) throw input.Error("has a duplicate tensor key");
            }
        }

        private object? Resolve(PickleContext context, object? id)
        {
            // Containers were saved with their source text; the first part of the id is the container's class, which the allow-list has
            // passed.
            if (id is PickleTuple { Count: > 0 } container) return container[0];
            object? key = id is string { Length: <= PickleLimits.IntegerBytes } text
                && BigInteger.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
                ? number <= long.MaxValue ? (object)(long)number : number
                : id;
            if (!PickleKeyComparer.IsKey(key)) throw context.Error("has an invalid persistent id");
            context.CountKey(key);
            if (_tensors.TryGetValue(key!, out var tensor)) return tensor;
            return _storages.TryGetValue(key!, out var storage) ? storage : throw context.Error($"refers to the missing object '{key}'");
        }

        private static long CountOf(PickleInput input, object? value) =>
            value is long count and >= 0 and <= MaxObjects ? count : throw input.Error("has an invalid number of objects: corrupt");

        private static long[] ReadNumbers(PickleInput input, int count)
        {
            var numbers = new long[count];
            for (var i = 0; i < count; i++) numbers[i] = input.ReadInt64();
            return numbers;
        }
    }
}
