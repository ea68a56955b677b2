using Ark.Models;

namespace Ark.Training;

/// <summary>Loads models from files that no run of ours wrote: those of the original Ark and Ark+.</summary>
internal static class ForeignCheckpoint
{
    /// <summary>Loads one network; a file that holds one alone gives it as the teacher, which is what is released.</summary>
    public static (ArkModel Model, ModelDescription Description) Load(CheckpointIndex index, ModelRole weights)
    {
        var key = weights == ModelRole.Teacher ? null : StudentKey(index);
        using var unfinished = new Unfinished();
        var model = unfinished.Keep(ArkModel.Load(index.Path, key));
        var configuration = model.Configuration;
        var description = new ModelDescription
        {
            Architecture = configuration.Backbone.Name,
            ImageSize = configuration.Backbone.ImageHeight,
            UseMlpProjector = configuration.Projector == ProjectorKind.Mlp,
            ProjectorFeatures = configuration.Projector == ProjectorKind.None ? 0 : configuration.ProjectorFeatures,
            Normalization = configuration.Normalization,
            Heads = [.. configuration.Heads.Select(h => KeyValuePair.Create(h.Name, h.Labels ?? Unnamed(h)))],
        };
        unfinished.Finish();
        return (model, description);
    }

    // Brackets keep these from being taken for the labels of a dataset.
    private static LabelSchema Unnamed(ArkHead head) => new(LabelTask.MultiLabel, [.. Enumerable.Range(0, Math.Max(1, head.Outputs)).Select(i => $"[output {i}]")]);

    private static string StudentKey(CheckpointIndex index)
    {
        if (index.Root is PickleDictionary root && ((string[])["state_dict", "student"]).FirstOrDefault(k => root.Get<PickleDictionary>(k) is not null) is { } key) return key;
        throw new ArkInputException(index.Path, null, "holds no student beside a teacher", "Ask for the teacher's weights.");
    }
}
