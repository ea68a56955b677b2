using System.Globalization;
using System.Text.Json.Nodes;
using Ark.Models;

namespace Ark.Cli;

/// <summary>What a weight file holds, for a person and for machines.</summary>
/// <param name="index">The file's index.</param>
/// <param name="chosen">The state dict that is taken, if there is one.</param>
/// <param name="model">The model that it is recognised to be, if any.</param>
internal sealed class WeightListing(CheckpointIndex index, StateDictSelection<TensorInfo>? chosen, ArkModelConfiguration? model)
{
    private readonly string _nestedKey = chosen?.NestedKey ?? "";
    private readonly ReleasedModel? _released = model is null ? null : ReleasedModels.Match(model);
    private readonly bool _isSizeKnown = ArkModelConfiguration.RecognizeWeights(index, nestedKey: null) is not { IsSizeKnown: false };

    private string Format => index.Format switch
    {
        CheckpointFormat.PyTorchZip => "pytorch-zip",
        CheckpointFormat.PyTorchLegacy => "pytorch-legacy",
        CheckpointFormat.PyTorchTar => "pytorch-tar",
        _ => "safetensors",
    };

    /// <summary>The listing for machines.</summary>
    public JsonObject ToJson()
    {
        var result = new JsonObject { ["format"] = Format };
        if (_nestedKey.Length > 0) result["nested_key"] = _nestedKey;
        if (chosen is { Prefix.Length: > 0 }) result["prefix"] = chosen.Prefix;
        if (chosen?.Remark is { } remark) result["remark"] = remark;
        result["tensors"] = new JsonArray([.. index.Tensors.Select(t => new JsonObject
        {
            ["name"] = t.Name,
            ["dtype"] = t.DataType,
            ["shape"] = new JsonArray([.. t.Shape.Select(s => (JsonNode)s)]),
            ["bytes"] = t.Bytes,
        })]);
        if (index.Metadata.Count > 0)
            result["metadata"] = new JsonObject(index.Metadata.Select(m => KeyValuePair.Create(m.Key, (JsonNode?)m.Value)));
        if (model is not null) result["model"] = Model(model);
        return result;
    }

    /// <summary>The listing for a person.</summary>
    public async Task WriteAsync(TextWriter output, bool tensors)
    {
        if (tensors)
        {
            var rows = index.Tensors.Select(t => (
                Name: OneLine.Of(t.Name),
                Shape: $"[{string.Join(", ", t.Shape)}]",
                t.DataType,
                Bytes: t.Bytes.ToString("N0", CultureInfo.InvariantCulture))).ToList();
            var (name, shape, type) = (rows.Max(r => r.Name.Length), rows.Max(r => r.Shape.Length), rows.Max(r => r.DataType.Length));
            foreach (var row in rows)
                await output.WriteLineAsync($"{row.Name.PadRight(name)}  {row.Shape.PadRight(shape)}  {row.DataType.PadRight(type)}  "
                    + $"{row.Bytes,15}").ConfigureAwait(false);
            await output.WriteLineAsync().ConfigureAwait(false);
        }

        await output.WriteLineAsync(string.Create(
            CultureInfo.InvariantCulture,
            $"{Format}, {index.Tensors.Count} tensors, {index.Tensors.Sum(t => t.Bytes):N0} bytes")).ConfigureAwait(false);
        if (_nestedKey.Length > 0) await output.WriteLineAsync($"state dict: '{OneLine.Of(_nestedKey)}'").ConfigureAwait(false);
        if (chosen?.Remark is { } remark) await output.WriteLineAsync($"note: {OneLine.Of(remark)}").ConfigureAwait(false);
        foreach (var (key, text) in index.Metadata) await output
            .WriteLineAsync($"metadata {OneLine.Of(key)}: {OneLine.Of(text.Length > 200 ? text[..200] + "…" : text)}")
            .ConfigureAwait(false);
        if (model is null)
        {
            var why = ArkModelConfiguration.WhyNotRecognized(index, nestedKey: null);
            await output.WriteLineAsync($"model: not recognised{(why is null ? "" : $"; the file holds {why}")}").ConfigureAwait(false);
        }
        else await WriteModelAsync(output, model).ConfigureAwait(false);
    }

    private async Task WriteModelAsync(TextWriter output, ArkModelConfiguration configuration)
    {
        var projector = configuration.Projector == ProjectorKind.None
            ? "no projector"
            : $"{NameOf(configuration.Projector)} projector of {configuration.ProjectorFeatures}";
        var released = _released is null ? "" : $" (as released: {_released.Name})";
        await output.WriteLineAsync($"model: {configuration.Backbone.Name}, "
            + $"{configuration.Backbone.ImageHeight}x{configuration.Backbone.ImageWidth} pixels, {projector}, {configuration.Heads.Count} "
            + $"heads{released}").ConfigureAwait(false);
        if (!_isSizeKnown)
        {
            await output.WriteLineAsync($"image size: no tensor tells it; {configuration.Backbone.ImageHeight} is that of the released "
                + "model with this backbone and projector, or else usual for the windows. Where it is wrong, give --image-size")
                .ConfigureAwait(false);
        }

        foreach (var head in configuration.Heads)
            await output.WriteLineAsync($"  {OneLine.Of(head.Name)}: {head.Outputs} "
                + $"outputs{(head.HasKnownLabels ? ": " + OneLine.Of(string.Join(", ", head.Labels.Names)) : ", labels unknown")}")
                .ConfigureAwait(
                    false);
    }

    private JsonObject Model(ArkModelConfiguration configuration)
    {
        var result = new JsonObject
        {
            ["architecture"] = configuration.Backbone.Name,
            ["image_size"] = configuration.Backbone.ImageHeight,
            ["image_size_known"] = _isSizeKnown,
            ["projector"] = NameOf(configuration.Projector),
            ["projector_features"] = configuration.Projector == ProjectorKind.None ? null : configuration.ProjectorFeatures,
            ["normalization"] = NormalizationNames.Of(configuration.Normalization),
            ["heads"] = new JsonArray([.. configuration.Heads.Select(h => new JsonObject
            {
                ["name"] = h.Name,
                ["outputs"] = h.Outputs,
                // Empty where they are not known.
                ["labels"] = new JsonArray([.. (h.HasKnownLabels ? h.Labels.Names : []).Select(n => (JsonNode)n)]),
            })]),
        };
        if (_released is not null) result["released"] = _released.Name;
        return result;
    }

    private static string NameOf(ProjectorKind projector) => projector switch
    {
        ProjectorKind.None => "none",
        ProjectorKind.Linear => "linear",
        _ => "mlp",
    };
}
