using System.Text.Json;
using System.Text.Json.Nodes;

namespace Ark.Models;

/// <summary>
/// What a weight file says of its own model: under <c>ark.model</c> in PyTorch files, as JSON in the metadata of safetensors.
/// </summary>
internal static class StoredDescription
{
    /// <summary>The key in a safetensors header.</summary>
    public const string MetadataKey = "ark.model";

    private const string Projectors = "none linear mlp";

    /// <summary>The configuration that the file describes.</summary>
    /// <param name="path">The file, for messages.</param>
    /// <param name="root">Its value.</param>
    /// <param name="metadata">The texts in its header.</param>
    /// <param name="recognized">What names and sizes tell: it gives the shape, the description gives names, labels and
    /// normalisation.</param>
    /// <returns>The configuration, or <see langword="null"/> where the file says nothing.</returns>
    /// <exception cref="CheckpointException">The description is damaged, or contradicts the tensors.</exception>
    public static ArkModelConfiguration? Read(
        string path, object? root, IReadOnlyDictionary<string, string>? metadata, RecognizedWeights recognized)
    {
        var heads = metadata is not null && metadata.TryGetValue(MetadataKey, out var json) ? FromJson(path, json, out var normalization)
            : (root as PickleDictionary)?.Get<PickleDictionary>("ark")?.Get<PickleDictionary>("model") is { } stored ? FromPickle(
                path, stored, out normalization)
            : Nothing(out normalization);
        if (heads is null) return null;
        if (!heads.Select(h => h.Outputs).SequenceEqual(recognized.HeadOutputs))
            throw Error(
                path, $"describes heads of {string.Join(", ", heads.Select(h => h.Outputs))} outputs; the file seems to hold {recognized}");
        return recognized.ToConfiguration() with { Heads = heads, Normalization = normalization };
    }

    /// <summary>The description as JSON, for the metadata of a safetensors file.</summary>
    public static string ToJson(ArkModelConfiguration configuration) => new JsonObject
    {
        ["architecture"] = configuration.Backbone.Name,
        ["img_size"] = configuration.Backbone.ImageHeight,
        ["projector"] = Projectors.Split(' ')[(int)configuration.Projector],
        ["normalization"] = NormalizationNames.Of(configuration.Normalization),
        ["heads"] = new JsonArray([.. configuration.Heads.Select(h => new JsonObject
        {
            ["name"] = h.Name,
            ["outputs"] = h.Outputs,
            ["task"] = h.HasKnownLabels ? h.Labels.Task.ToString() : null,
            ["labels"] = h.HasKnownLabels ? new JsonArray([.. h.Labels.Names.Select(n => (JsonNode)n)]) : null,
        })]),
    }.ToJsonString();

    private static ArkHead[]? Nothing(out Normalization normalization)
    {
        normalization = default;
        return null;
    }

    private static ArkHead[] FromPickle(string path, PickleDictionary stored, out Normalization normalization)
    {
        normalization = NormalizationOf(path, stored.Get<string>("normalization"));
        var heads = stored.Get<List<object?>>("heads") ?? throw Error(path, "lacks its heads");
        return [.. heads.Select(h => h as PickleDictionary ?? throw Error(path, "has a head that is no dictionary"))
            .Select(h => Head(
                path,
                h.Get<string>("name"),
                h.Get<string>("task"),
                h.Get<List<object?>>("labels")?.Select(l => l as string),
                outputs: null))];
    }

    private static ArkHead[] FromJson(string path, string json, out Normalization normalization)
    {
        try
        {
            using var document = JsonDocument.Parse(json, new JsonDocumentOptions { MaxDepth = 8, AllowDuplicateProperties = false });
            var stored = document.RootElement;
            normalization = NormalizationOf(path, stored.GetProperty("normalization").GetString());
            return [.. stored.GetProperty(
                "heads").EnumerateArray().Select(h => Head(path, h.GetProperty("name").GetString(), Text(h, "task"),
                h.TryGetProperty("labels", out var labels)
                    && labels.ValueKind != JsonValueKind.Null ? labels.EnumerateArray().Select(l => l.GetString()).ToList() : null,
                h.GetProperty("outputs").GetInt32()))];
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or KeyNotFoundException or FormatException)
        {
            throw new CheckpointException(path, $"metadata '{MetadataKey}'", "is no description of a model", innerException: e);
        }
    }

    // Pixels that were prepared in another way would give wrong answers without a sign of it.
    private static Normalization NormalizationOf(string path, string? name)
    {
        if (name is null) throw Error(path, "lacks its normalization");
        return NormalizationNames.Find(name)
            ?? throw new CheckpointException(path, "model description", $"has the unknown normalization '{name}'", NormalizationNames.Hint);
    }

    private static string? Text(JsonElement element, string name) => element.TryGetProperty(name, out var value) ? value.GetString() : null;

    private static ArkHead Head(string path, string? name, string? task, IEnumerable<string?>? labels, int? outputs)
    {
        if (name is null) throw Error(path, "has a head without a name");
        if (labels is null)
            return outputs is >= 0 ? new ArkHead(name, outputs.Value) : throw Error(path, $"has a head '{name}' without labels");
        if (EnumNames.Find<LabelTask>(task) is not { } kind || kind == LabelTask.Unlabeled)
            throw Error(path, $"has a head '{name}' of the unknown task '{task}'");
        try
        {
            return new ArkHead(name, new LabelSchema(
                kind, [.. labels.Select(l => l ?? throw Error(path, $"has a head '{name}' with a label that is no text"))]));
        }
        catch (ArgumentException e)
        {
            throw new CheckpointException(
                path, "model description", $"has a head '{name}' whose labels cannot be: {e.Message.TrimEnd('.')}", innerException: e);
        }
    }

    private static CheckpointException Error(string path, string problem) => new(path, "model description", problem);
}
