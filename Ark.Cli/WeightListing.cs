using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Ark.Models;

namespace Ark.Cli;

/// <summary>What a weight file holds, for a person and for machines.</summary>
/// <param name="index">The file's index.</param>
/// <param name="chosen">The state dict that is taken, if there is one.</param>
/// <param name="model">The model that it is recognised to be, if any.</param>
/// <param name="verification">What came of reading every tensor; <see langword="null"/> where none was read.</param>
internal sealed class WeightListing(
    CheckpointIndex index, StateDictSelection<TensorInfo>? chosen, ArkModelConfiguration? model, TensorVerification? verification)
{
    // Of a file of many tensors, lines are written together: a terminal takes each write by itself.
    private const int LinesTogether = 1 << 16;

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

    /// <summary>Writes the listing for machines, a tensor at a time.</summary>
    public void WriteJson(Utf8JsonWriter writer)
    {
        writer.WriteStartObject();
        writer.WriteString("format", Format);
        if (_nestedKey.Length > 0) writer.WriteString("nested_key", _nestedKey);
        if (chosen is { Prefix.Length: > 0 }) writer.WriteString("prefix", chosen.Prefix);
        if (chosen?.Remark is { } remark) writer.WriteString("remark", remark);
        writer.WriteBoolean("verified", verification is not null);
        writer.WriteStartArray("tensors");
        foreach (var tensor in index.Tensors)
        {
            writer.WriteStartObject();
            writer.WriteString("name", tensor.Name);
            writer.WriteString("dtype", tensor.DataType);
            writer.WriteStartArray("shape");
            foreach (var size in tensor.Shape) writer.WriteNumberValue(size);
            writer.WriteEndArray();
            writer.WriteNumber("bytes", tensor.Bytes);
            writer.WriteEndObject();
            if (writer.BytesPending > LinesTogether) writer.Flush();
        }

        writer.WriteEndArray();
        if (index.Metadata.Count > 0)
        {
            writer.WriteStartObject("metadata");
            foreach (var (key, text) in index.Metadata) writer.WriteString(key, text);
            writer.WriteEndObject();
        }

        if (model is not null)
        {
            writer.WritePropertyName("model");
            Model(model).WriteTo(writer);
        }

        writer.WriteEndObject();
    }

    /// <summary>The listing for a person.</summary>
    public async Task WriteAsync(TextWriter output, bool tensors)
    {
        if (tensors)
        {
            var (name, shape, type) = (0, 0, 0);
            foreach (var tensor in index.Tensors)
            {
                name = Math.Max(name, OneLine.Of(tensor.Name).Length);
                shape = Math.Max(shape, ShapeOf(tensor).Length);
                type = Math.Max(type, tensor.DataType.Length);
            }

            var lines = new StringBuilder();
            foreach (var tensor in index.Tensors)
            {
                lines.Append(OneLine.Of(tensor.Name).PadRight(name)).Append("  ").Append(ShapeOf(tensor).PadRight(shape)).Append("  ")
                    .Append(tensor.DataType.PadRight(type)).Append("  ")
                    .Append(CultureInfo.InvariantCulture, $"{tensor.Bytes,15:N0}").AppendLine();
                if (lines.Length < LinesTogether) continue;
                await output.WriteAsync(lines).ConfigureAwait(false);
                lines.Clear();
            }

            await output.WriteLineAsync(lines).ConfigureAwait(false);
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
        await output.WriteLineAsync(Verified()).ConfigureAwait(false);
    }

    private string Verified()
    {
        if (verification is null) return "not verified: no tensor was read (--verify reads them all)";
        var checksums = verification.Checksums > 0 ? "all checksums match" : "the format has no checksums";
        return string.Create(
            CultureInfo.InvariantCulture, $"verified: {verification.Bytes:N0} bytes were read, {checksums}, all numbers are finite");
    }

    private static string ShapeOf(TensorInfo tensor) => $"[{string.Join(", ", tensor.Shape)}]";

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
