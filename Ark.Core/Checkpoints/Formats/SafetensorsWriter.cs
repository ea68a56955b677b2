using System.Buffers.Binary;
using System.Text.Json;
using static TorchSharp.torch;

namespace Ark;

/// <summary>Writes safetensors: names in the order given, bytes by falling element size so that every tensor is aligned.</summary>
internal sealed class SafetensorsWriter
{
    private readonly List<(string Name, Tensor Tensor, ElementType Element)> _tensors = [];
    private readonly IReadOnlyDictionary<string, string>? _metadata;

    public SafetensorsWriter(IEnumerable<KeyValuePair<string, Tensor>> tensors, IReadOnlyDictionary<string, string>? metadata)
    {
        var names = new HashSet<string>(StringComparer.Ordinal) { "__metadata__" };
        foreach (var (name, tensor) in tensors)
        {
            if (!names.Add(name)) throw new ArgumentException($"The name '{name}' occurs twice or is reserved.", nameof(tensors));
            var element = TensorBytes.ElementOf(tensor);
            if (element.SafetensorsName is null) throw new ArgumentException($"Tensor '{name}' of {element.Name} cannot be written: safetensors has no such type.", nameof(tensors));
            _tensors.Add((name, tensor, element));
        }

        _metadata = metadata;
    }

    public void Write(Stream stream)
    {
        var layout = _tensors.OrderByDescending(t => t.Element.Size).ToList();
        var offsets = new Dictionary<string, (long Begin, long End)>(StringComparer.Ordinal);
        long position = 0;
        foreach (var (name, tensor, element) in layout)
        {
            var end = position + (tensor.numel() * element.Size);
            offsets.Add(name, (position, end));
            position = end;
        }

        var header = Header(offsets);
        Span<byte> length = stackalloc byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(length, header.Length);
        stream.Write(length);
        stream.Write(header);
        foreach (var (_, tensor, _) in layout)
        {
            using var bytes = new TensorBytes(tensor);
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

            foreach (var (name, tensor, element) in _tensors)
            {
                json.WriteStartObject(name);
                json.WriteString("dtype", element.SafetensorsName);
                json.WriteStartArray("shape");
                foreach (var size in tensor.shape) json.WriteNumberValue(size);
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
