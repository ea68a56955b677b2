using System.Text.Json;
using Ark.Data;
using TorchSharp;

namespace Ark.Tests.Transforms;

/// <summary>What the original Python computed for images that may not be committed; tests that ask for it skip where it is missing.</summary>
internal sealed class TransformReference
{
    private static readonly Lazy<TransformReference> Loaded = new(() => new(Fixture.SharedPathOf("reference", "07_transforms")));
    private readonly Dictionary<string, JsonElement> _operations;
    private readonly Dictionary<string, Array> _outputs = new(StringComparer.Ordinal);
    private readonly string _folder;

    private TransformReference(string folder)
    {
        _folder = folder;
        using var document = JsonDocument.Parse(File.ReadAllText(Path.Combine(folder, "ops.json")));
        _operations = document.RootElement.GetProperty("ops").EnumerateArray().ToDictionary(o => o.GetProperty("id").GetString()!, o => o.Clone(), StringComparer.Ordinal);
        foreach (var (name, tensor) in Safetensors.Load(Path.Combine(folder, "outputs.safetensors")))
        {
            using (tensor)
                _outputs[name] = tensor.dtype == torch.uint8 ? tensor.data<byte>().ToArray() : tensor.data<float>().ToArray();
        }
    }

    public static TransformReference Load()
    {
        Fixture.SharedPathOf("reference", "07_transforms");
        return Loaded.Value;
    }

    /// <summary>Operations whose name (after the image's) starts so.</summary>
    public IReadOnlyList<JsonElement> Operations(string image, string prefix) =>
        [.. _operations.Values.Where(o => Id(o).StartsWith($"{image}/{prefix}", StringComparison.Ordinal))];

    public IReadOnlyList<JsonElement> OperationsWhere(Func<string, bool> accept) => [.. _operations.Values.Where(o => accept(Id(o)))];

    public static string Id(JsonElement operation) => operation.GetProperty("id").GetString()!;

    public byte[] Bytes(string id) => (byte[])_outputs[id];

    public float[] Floats(string id) => (float[])_outputs[id];

    public string PathOf(string image) => Path.Combine(_folder, "images", image);

    public RasterImage Image(string image) => new NetVipsImageDecoder().DecodeFile(PathOf(image));

    /// <summary>Pixels of an output as an image of one or three channels, as the reference stored it.</summary>
    public RasterImage ImageOutput(string id)
    {
        var shape = _operations[id].GetProperty("shape").EnumerateArray().Select(e => e.GetInt32()).ToArray();
        return new RasterImage(shape[1], shape[0], shape.Length == 3 ? 3 : 1, Bytes(id));
    }

    public int[] Shape(string id) => [.. _operations[id].GetProperty("shape").EnumerateArray().Select(e => e.GetInt32())];
}
