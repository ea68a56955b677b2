using System.Buffers.Binary;
using System.Text.Json;
using static TorchSharp.torch;

namespace Ark.Inference;

/// <summary>
/// Embeddings as safetensors: the tensor <c>embeddings</c>, and the names as a JSON list under <c>names</c> in the header's metadata.
/// </summary>
internal static class SafetensorsEmbeddings
{
    // The format's own limit.
    private const int MaxHeaderLength = 100_000_000;

    public static void Write(EmbeddingContent content, string path, CancellationToken cancellationToken)
    {
        var header = Header(content);
        if (header.Length > MaxHeaderLength)
            throw new ArkInputException(
                path, null, $"the names of {content.Names.Count} images are too long for a safetensors header", "Use .npz or .parquet.");
        using var stream = new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.None, 1 << 20);
        Span<byte> length = stackalloc byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(length, header.Length);
        stream.Write(length);
        stream.Write(header);
        using var rows = content.OpenBytes();
        var buffer = new byte[1 << 20];
        for (int read; (read = rows.Read(buffer)) > 0;)
        {
            cancellationToken.ThrowIfCancellationRequested();
            stream.Write(buffer, 0, read);
        }
    }

    public static EmbeddingTable Read(string path)
    {
        var tensors = Safetensors.Load(path);
        try
        {
            var name = EmbeddingTable.Choose(
                path, [.. tensors.Where(t => t.Value.dim() >= 2 && t.Value.is_floating_point()).Select(t => t.Key)], "tensor");
            var metadata = Safetensors.ReadMetadata(path);
            using var scope = NewDisposeScope();
            var values = tensors[name].to(ScalarType.Float32).contiguous();
            if (values.numel() == 0) throw new ArkInputException(path, $"tensor '{name}'", "has no numbers");
            var count = checked((int)values.shape[0]);
            return new EmbeddingTable(path, metadata.TryGetValue("names", out var names)
                ? Names(path, names, count)
                : null, count, checked((int)(values.numel() / Math.Max(1, count))),
                EmbeddingTable.Split(values.data<float>().ToArray(), count), metadata);
        }
        finally
        {
            foreach (var tensor in tensors.Values) tensor.Dispose();
        }
    }

    private static string[] Names(string path, string json, int count)
    {
        try
        {
            var names = JsonSerializer.Deserialize<string[]>(json) ?? [];
            if (names.Contains(null)) throw new ArkInputException(path, "metadata 'names'", "has a name that is no text");
            return names.Length == count
                ? names
                : throw new ArkInputException(path, "metadata 'names'", $"has {names.Length} names for {count} rows");
        }
        catch (JsonException e)
        {
            throw new ArkInputException(path, "metadata 'names'", "is no JSON list of names", null, e);
        }
    }

    private static byte[] Header(EmbeddingContent content)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteStartObject("__metadata__");
            json.WriteString("names", JsonSerializer.Serialize(content.Names));
            foreach (var (key, value) in content.Info) json.WriteString(key, value);
            json.WriteEndObject();
            json.WriteStartObject("embeddings");
            json.WriteString("dtype", "F32");
            json.WriteStartArray("shape");
            json.WriteNumberValue(content.Names.Count);
            foreach (var side in content.Shape) json.WriteNumberValue(side);
            json.WriteEndArray();
            json.WriteStartArray("data_offsets");
            json.WriteNumberValue(0);
            json.WriteNumberValue(content.Bytes);
            json.WriteEndArray();
            json.WriteEndObject();
            json.WriteEndObject();
        }

        while (buffer.Length % 8 != 0) buffer.WriteByte((byte)' ');
        return buffer.ToArray();
    }
}
