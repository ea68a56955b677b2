using Ark.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace Ark.Training;

/// <summary>Builds the network of a trial: a backbone that may come from a file, and one new head.</summary>
internal static class FineTuningModels
{
    /// <summary>The network's shape.</summary>
    /// <exception cref="ArkInputException">The file holds no Swin Transformer, or another than was named.</exception>
    public static ArkModelConfiguration Configure(FineTuningOptions options, string dataset, LabelSchema labels)
    {
        var backbone = options.Architecture is { } name ? SwinVariants.Get(name) : null;
        if (options.InitialWeights is { } path)
        {
            var index = CheckpointFile.ReadIndex(path, options.Reading);
            var found = ArkModelConfiguration.Recognize(index, options.NestedKey)?.Backbone
                ?? throw new ArkInputException(
                    path,
                    null,
                    $"holds {ArkModelConfiguration.WhyNotRecognized(index, options.NestedKey) ?? "no Swin Transformer that is known"}",
                    "'CheckpointFile' lists what it holds.");
            backbone ??= found;
            if ((backbone.EmbedDim, string.Join(',', backbone.Depths)) != (found.EmbedDim, string.Join(',', found.Depths)))
            {
                throw new ArkInputException(path, null, $"holds {found.Name}, not {backbone.Name}",
                    "Leave 'Architecture' out to take the file's own.");
            }
        }

        var size = options.ImageSize ?? backbone!.ImageHeight;
        return new ArkModelConfiguration
        {
            Backbone = backbone!.WithImageSize(size, size) with { NumClasses = 0, DropPathRate = options.DropPathRate },
            Projector = ProjectorKind.None,
            Heads = [new ArkHead(dataset, labels)],
            Normalization = options.Normalization,
        };
    }

    /// <summary>Builds the network of a trial; the caller owns it.</summary>
    /// <param name="configuration">Its shape.</param>
    /// <param name="options">How to train.</param>
    /// <param name="seed">What new weights are drawn from.</param>
    /// <param name="remark">Receives what is to be said of the choice among the weights of the file.</param>
    public static ArkModel Build(ArkModelConfiguration configuration, FineTuningOptions options, ulong seed, out string? remark)
    {
        using var generator = new Generator(seed);
        using var unfinished = new Unfinished();
        var model = unfinished.Keep(new ArkModel(configuration, generator));
        remark = options.InitialWeights is { } path
            ? model.load_checkpoint(
                path, strict: false, skip: ["omni_heads.0.weight", "omni_heads.0.bias"], nestedKey: options.NestedKey,
                options: options.Reading).Remark
            : null;
        model.to(device(options.Device));
        foreach (var (name, parameter) in model.named_parameters()) parameter.requires_grad = !options.FreezeEncoder
            || name.StartsWith("omni_heads.", StringComparison.Ordinal);
        unfinished.Finish();
        return model;
    }

    /// <summary>Writes a network with all that is needed to use it.</summary>
    public static void Save(string path, ArkModel model) =>
        Safetensors.Save(path, model.state_dict(), new Dictionary<string, string>(StringComparer.Ordinal)
        {
            [StoredDescription.MetadataKey] = StoredDescription.ToJson(model.Configuration),
        });
}
