using Ark.Models;

namespace Ark.Inference;

/// <summary>Writes a <see cref="ModelDescription"/> into a checkpoint and reads it back.</summary>
internal static class DescriptionCodec
{
    public static OrderedDictionary<string, object?> Encode(ModelDescription description) => new()
    {
        ["architecture"] = description.Architecture,
        ["img_size"] = (long)description.ImageSize,
        ["use_mlp"] = description.UseMlpProjector,
        ["projector_features"] = (long)description.ProjectorFeatures,
        ["normalization"] = NormalizationNames.Of(description.Normalization),
        ["heads"] = description.Heads.Select(object? (h) => new OrderedDictionary<string, object?>
        {
            ["name"] = h.Name,
            ["task"] = h.Labels.Task.ToString(),
            ["labels"] = h.Labels.Names.Cast<object?>().ToList(),
        }).ToList(),
    };

    public static ModelDescription Decode(string path, CheckpointSection section) => new()
    {
        Architecture = section.GetString("architecture"),
        ImageSize = section.GetInt32("img_size"),
        UseMlpProjector = section.GetBoolean("use_mlp"),
        ProjectorFeatures = section.GetInt32("projector_features"),
        Normalization = section.GetNormalization("normalization"),
        Heads = [.. section.GetSections("heads").Select(h => new ArkHead(h.GetString("name"), SchemaOf(path, h)))],
    };

    /// <summary>Refuses to go on with a checkpoint of another model.</summary>
    /// <exception cref="ArkInputException">The stored description is another.</exception>
    public static void RequireSame(string path, CheckpointSection stored, ModelDescription model)
    {
        if (!Decode(path, stored).IsSameAs(model))
            throw new ArkInputException(
                path, "key 'ark.model'", "is a checkpoint of another model", "Resume with the options that the run began with.");
    }

    private static LabelSchema SchemaOf(string path, CheckpointSection head)
    {
        var task = head.GetString("task");
        if (EnumNames.Find<LabelTask>(task) is not { } kind || kind == LabelTask.Unlabeled)
            throw new ArkInputException(path, $"head '{head.GetString("name")}'", $"has the unknown task '{task}'");
        try
        {
            return new LabelSchema(kind, head.GetStringArray("labels"));
        }
        catch (ArgumentException e)
        {
            throw new ArkInputException(path, $"head '{head.GetString("name")}'", e.Message.TrimEnd('.'), null, e);
        }
    }
}
