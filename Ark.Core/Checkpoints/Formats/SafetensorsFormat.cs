using System.Buffers.Binary;
using System.Text.Json;

namespace Ark;

/// <summary>The index of a safetensors file, checked by the format's own rules and a few more.</summary>
internal static class SafetensorsFormat
{
    // Half a kilobyte for each tensor, and several times the header, are in memory while it is listed.
    private const int MaxHeaderLength = 32 << 20;
    private const int MaxTensors = 100_000;
    private const int MaxMetadataEntries = 100_000;
    private const int MaxRank = 64;

    public static CheckpointContent Read(FileSlice file)
    {
        Span<byte> prefix = stackalloc byte[8];
        if (file.Length < 8) throw Error(file, $"is truncated: {file.Length} bytes are too short for the header's length");
        file.ReadExactly(0, prefix, "header length");
        var length = BinaryPrimitives.ReadUInt64LittleEndian(prefix);
        if (length > MaxHeaderLength) throw Error(file, $"its header length {length} is too large; the limit is {MaxHeaderLength}");
        if (length > (ulong)(file.Length - 8))
            throw Error(file, $"its header length {length} goes beyond the file of {file.Length} bytes: truncated");
        var header = new byte[length];
        file.ReadExactly(8, header, "header");
        var buffer = file.Slice(8 + (long)length, file.Length - 8 - (long)length);
        try
        {
            return new Parser(file, buffer, header).Parse();
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw new CheckpointException(file.Path, "header", $"is invalid JSON: {e.Message.TrimEnd('.')}", innerException: e);
        }
    }

    private static CheckpointException Error(FileSlice file, string problem) => new(file.Path, "header", problem);

    private sealed class Parser(FileSlice file, FileSlice buffer, byte[] header)
    {
        private readonly PickleDictionary _root = new();
        private readonly List<(long Begin, long End, string Name)> _ranges = [];
        private readonly List<long> _numbers = [];

        // Of the tensor before: of many alike no more is kept than of one.
        private ElementType? _element;
        private long[] _shape = [];
        private Dictionary<string, string>? _metadata;

        public CheckpointContent Parse()
        {
            if (header.Length == 0 || header[0] != (byte)'{') throw Error("its JSON does not begin with '{': invalid");
            var reader = new Utf8JsonReader(header, new JsonReaderOptions { MaxDepth = 8 });
            reader.Read();
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                var name = Text(ref reader);
                reader.Read();
                if (name == "__metadata__") ReadMetadata(ref reader);
                else ReadTensor(ref reader, name);
            }

            while (reader.Read())
            {
            }

            CheckTiling();
            return new CheckpointContent(CheckpointFormat.Safetensors, _root) { Metadata = _metadata ?? [] };
        }

        private void ReadMetadata(ref Utf8JsonReader reader)
        {
            if (_metadata is not null) throw Error("has a duplicate key '__metadata__'");
            if (reader.TokenType != JsonTokenType.StartObject) throw Error("its metadata is no object of texts: invalid");
            _metadata = new Dictionary<string, string>(StringComparer.Ordinal);
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                var key = Text(ref reader);
                if (!reader.Read() || reader.TokenType != JsonTokenType.String) throw Error($"its metadata '{key}' is no text: invalid");
                if (_metadata.Count >= MaxMetadataEntries)
                    throw Error($"its metadata has too many entries; the limit is {MaxMetadataEntries}");
                if (!_metadata.TryAdd(key, Text(ref reader))) throw Error($"its metadata has the duplicate key '{key}'");
            }
        }

        private void ReadTensor(ref Utf8JsonReader reader, string name)
        {
            if (_root.Count >= MaxTensors) throw Error($"has too many tensors; the limit is {MaxTensors}");
            if (reader.TokenType != JsonTokenType.StartObject) throw Error($"its entry '{name}' is no object: invalid");
            ElementType? element = null;
            long[]? shape = null;
            (long Begin, long End)? offsets = null;
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                var field = reader.ValueTextEquals("dtype"u8) ? "dtype"
                    : reader.ValueTextEquals("shape"u8) ? "shape"
                    : reader.ValueTextEquals("data_offsets"u8) ? "data_offsets"
                    : Text(ref reader);
                reader.Read();
                switch (field)
                {
                    case "dtype" when element is null && reader.TokenType == JsonTokenType.String:
                        element = Element(ref reader, name);
                        break;
                    case "shape" when shape is null:
                        ReadNumbers(ref reader, name, field, MaxRank);
                        shape = _numbers.SequenceEqual(_shape) ? _shape : _shape = [.. _numbers];
                        break;
                    case "data_offsets" when offsets is null:
                        ReadNumbers(ref reader, name, field, 2);
                        if (_numbers is [var begin, var end]) offsets = (begin, end);
                        break;
                    default:
                        throw Error($"tensor '{name}' has an unknown, duplicate or invalid field '{field}'");
                }
            }

            if (element is null || shape is null || offsets is null)
                throw Error($"tensor '{name}' lacks its dtype, shape or two data_offsets: missing or invalid");
            Add(name, element, shape, offsets.Value.Begin, offsets.Value.End);
        }

        private ElementType Element(ref Utf8JsonReader reader, string name)
        {
            if (_element is not null && reader.ValueTextEquals(_element.SafetensorsName)) return _element;
            var type = Text(ref reader);
            return _element = ElementType.OfSafetensorsName(type) ?? throw Error($"tensor '{name}' has the unknown dtype '{type}'");
        }

        private void Add(string name, ElementType element, long[] shape, long begin, long end)
        {
            if (begin > end || end > buffer.Length)
                throw Error($"tensor '{name}' has the offsets {begin} to {end}, out of bounds of the buffer of {buffer.Length} bytes");
            UInt128 bytes = (uint)element.Size;
            foreach (var size in shape)
            {
                bytes *= (ulong)size;
                if (bytes > long.MaxValue) throw Error($"tensor '{name}' has a shape whose size overflows");
            }

            if (bytes != (ulong)(end - begin))
                throw Error($"tensor '{name}' of dtype {element.SafetensorsName} and shape [{string.Join(", ", shape)}] has a size of "
                    + $"{bytes} bytes, but its offsets span {end - begin}");
            var storage = new StoredStorage(name, element, (end - begin) / element.Size)
            {
                Bytes = new StorageBytes(buffer.Slice(begin, end - begin), end - begin, deflated: false, crc: null, "tensor", name),
            };
            var tensor = StoredTensor.Create(
                storage, element, 0, shape, StoredTensor.RowMajorStrides(shape), requiresGrad: false, out var problem);
            if (tensor is null) throw Error($"tensor '{name}': {problem}");
            if (!_root.TryAdd(name, tensor)) throw Error($"has the duplicate name '{name}'");
            _ranges.Add((begin, end, name));
        }

        /// <summary>The ranges cover the buffer: no byte is in two tensors or in none, so nothing can hide in the file.</summary>
        private void CheckTiling()
        {
            _ranges.Sort((a, b) => (a.Begin, a.End).CompareTo((b.Begin, b.End)));
            long covered = 0;
            foreach (var (begin, end, name) in _ranges)
            {
                if (begin < covered) throw Error($"tensor '{name}' overlaps another (offset {begin}, covered up to {covered})");
                if (begin > covered) throw Error($"there is a hole of {begin - covered} bytes before tensor '{name}'");
                covered = end;
            }

            if (covered != buffer.Length) throw Error($"the tensors cover {covered} bytes of a buffer of {buffer.Length}");
        }

        private void ReadNumbers(ref Utf8JsonReader reader, string name, string field, int limit)
        {
            if (reader.TokenType != JsonTokenType.StartArray) throw Error($"tensor '{name}' has an invalid {field}");
            _numbers.Clear();
            while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
            {
                if (_numbers.Count == limit) throw Error($"tensor '{name}' has too many numbers in its {field}; the limit is {limit}");
                if (reader.TokenType != JsonTokenType.Number || !reader.TryGetInt64(out var number) || number < 0)
                    throw Error($"tensor '{name}' has a {field} that is no whole number in bounds (negative, overflow or invalid)");
                _numbers.Add(number);
            }
        }

        private string Text(ref Utf8JsonReader reader)
        {
            try
            {
                return reader.GetString()!;
            }
            catch (InvalidOperationException e)
            {
                throw new CheckpointException(file.Path, "header", "has text that is not UTF-8: invalid", innerException: e);
            }
        }

        private CheckpointException Error(string problem) => new(file.Path, "header", problem);
    }
}
