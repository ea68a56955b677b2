using System.Text.Json;
using Ark.Data;
using TorchSharp;

namespace Ark.Tests;

/// <summary>What Pillow, torchvision, OpenCV and albumentations computed for pictures of every kind.</summary>
internal sealed class TransformReference
{
    // Radiographs may not be committed: theirs count where they lie beside the repository, those of phantoms everywhere.
    private const string Phantoms = "phantoms";
    private const string Radiographs = "radiographs";
    private static readonly string? Beside = Fixture.BesideOf("reference", "07_transforms");
    private static readonly Lazy<TransformReference> OfPhantoms = new(() => new(Fixture.PathOf("07_transforms")));
    private static readonly Lazy<TransformReference> OfRadiographs = new(() => new(Beside!));
    private readonly Dictionary<string, JsonElement> _operations;
    private readonly Dictionary<string, Array> _outputs = new(StringComparer.Ordinal);
    private readonly string _folder;

    private TransformReference(string folder)
    {
        _folder = folder;
        using var document = JsonDocument.Parse(File.ReadAllText(Path.Combine(folder, "ops.json")));
        _operations = document.RootElement.GetProperty("ops").EnumerateArray().ToDictionary(
            o => o.GetProperty("id").GetString()!, o => o.Clone(), StringComparer.Ordinal);
        foreach (var (name, tensor) in Safetensors.Load(Path.Combine(folder, "outputs.safetensors")))
        {
            using (tensor)
                _outputs[name] = tensor.dtype == torch.uint8 ? tensor.data<byte>().ToArray() : tensor.data<float>().ToArray();
        }
    }

    /// <summary>The recordings that there are here.</summary>
    public static string[] Recordings { get; } = Beside is null ? [Phantoms] : [Phantoms, Radiographs];

    public static TransformReference Load(string recording) => (recording == Phantoms ? OfPhantoms : OfRadiographs).Value;

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
