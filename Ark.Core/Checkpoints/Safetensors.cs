using System.Buffers.Binary;
using System.Text.Json;
using static TorchSharp.torch;

namespace Ark;

/// <summary>The safetensors format: a JSON index followed by the tensors' bytes.</summary>
public static class Safetensors
{
    /// <summary>Reads every tensor of a file.</summary>
    /// <param name="path">The file.</param>
    /// <returns>Tensors by name, on the CPU; the caller owns them.</returns>
    /// <exception cref="ArkInputException">The file is no valid safetensors file.</exception>
    public static Dictionary<string, Tensor> Load(string path)
    {
        var bytes = File.ReadAllBytes(path);
        var headerLength = checked((int)BinaryPrimitives.ReadInt64LittleEndian(bytes));
        using var header = JsonDocument.Parse(bytes.AsMemory(8, headerLength));
        var result = new Dictionary<string, Tensor>(StringComparer.Ordinal);
        foreach (var entry in header.RootElement.EnumerateObject())
        {
            if (entry.Name == "__metadata__") continue;
            var type = entry.Value.GetProperty("dtype").GetString() switch
            {
                "F64" => ScalarType.Float64,
                "F32" => ScalarType.Float32,
                "F16" => ScalarType.Float16,
                "BF16" => ScalarType.BFloat16,
                "I64" => ScalarType.Int64,
                "I32" => ScalarType.Int32,
                "I16" => ScalarType.Int16,
                "I8" => ScalarType.Int8,
                "U8" => ScalarType.Byte,
                "BOOL" => ScalarType.Bool,
                var other => throw new ArkInputException(path, $"tensor '{entry.Name}'", $"has the unknown dtype '{other}'"),
            };
            long[] shape = [.. entry.Value.GetProperty("shape").EnumerateArray().Select(e => e.GetInt64())];
            var begin = entry.Value.GetProperty("data_offsets")[0].GetInt32();
            var end = entry.Value.GetProperty("data_offsets")[1].GetInt32();
            var tensor = empty(shape, type);
            bytes.AsSpan(8 + headerLength + begin, end - begin).CopyTo(tensor.bytes);
            result.Add(entry.Name, tensor);
        }

        return result;
    }
}
