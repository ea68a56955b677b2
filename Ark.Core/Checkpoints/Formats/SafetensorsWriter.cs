using System.Buffers.Binary;
using System.Text.Json;

namespace Ark;

/// <summary>Writes safetensors: names in the order given, bytes by falling element size so that every tensor is aligned.</summary>
internal sealed class SafetensorsWriter
{
    private readonly List<(string Name, TensorSource Tensor)> _tensors = [];
    private readonly IReadOnlyDictionary<string, string>? _metadata;

    public SafetensorsWriter(IEnumerable<KeyValuePair<string, TensorSource>> tensors, IReadOnlyDictionary<string, string>? metadata)
    {
        var names = new HashSet<string>(StringComparer.Ordinal) { "__metadata__" };
        foreach (var (name, tensor) in tensors)
        {
            if (!names.Add(name)) throw new ArgumentException($"The name '{name}' occurs twice or is reserved.", nameof(tensors));
            if (tensor.Element.SafetensorsName is null)
                throw new ArgumentException(
                    $"Tensor '{name}' of {tensor.Element.Name} cannot be written: safetensors has no such type.", nameof(tensors));
            _tensors.Add((name, tensor));
        }

        _metadata = metadata;
    }

    public void Write(Stream stream)
    {
        var layout = _tensors.OrderByDescending(t => t.Tensor.Element.Size).ToList();
        var offsets = new Dictionary<string, (long Begin, long End)>(StringComparer.Ordinal);
        long position = 0;
        foreach (var (name, tensor) in layout)
        {
            var end = position + (tensor.Count * tensor.Element.Size);
            offsets.Add(name, (position, end));
            position = end;
        }

        var header = Header(offsets);
        Span<byte> length = stackalloc byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(length, header.Length);
        stream.Write(length);
        stream.Write(header);
        foreach (var (_, tensor) in layout)
        {
            using var bytes = tensor.Open();
            bytes.WriteTo(stream);
        }
    }

    private byte[] Header(Dictionary<string, (long Begin, long End)> offsets)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            if (_metadata is { Count: > 0 })
            {
                json.WriteStartObject("__metadata__");
                foreach (var (key, value) in _metadata) json.WriteString(key, value);
                json.WriteEndObject();
            }

            foreach (var (name, tensor) in _tensors)
            {
                json.WriteStartObject(name);
                json.WriteString("dtype", tensor.Element.SafetensorsName);
                json.WriteStartArray("shape");
                foreach (var size in tensor.Shape) json.WriteNumberValue(size);
                json.WriteEndArray();
                json.WriteStartArray("data_offsets");
                json.WriteNumberValue(offsets[name].Begin);
                json.WriteNumberValue(offsets[name].End);
                json.WriteEndArray();
                json.WriteEndObject();
            }

            json.WriteEndObject();
        }

        // Spaces bring the buffer to a multiple of 8, so that its tensors are aligned in the file too.
        while (buffer.Length % 8 != 0) buffer.WriteByte((byte)' ');
        return buffer.ToArray();
    }
}
