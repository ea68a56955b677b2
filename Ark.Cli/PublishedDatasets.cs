using Ark.Data;
using Ark.Models;

namespace Ark.Cli;

/// <summary>
/// Datasets given on the command line as the published scripts do: a name whose labels are known, a folder and three lists.
/// </summary>
internal static class PublishedDatasets
{
    /// <summary>Makes the definition.</summary>
    /// <exception cref="ArkInputException">The name is unknown, or a path is missing.</exception>
    public static DatasetDefinition Define(string name, string? folder, string? train, string? validation, string? test, int? percent)
    {
        var head = ReleasedModels.All.SelectMany(m => m.Configuration.Heads).FirstOrDefault(h => h.Name == name)
            ?? throw CommandLineError.Of("--data_set", $"the labels of '{name}' are not known",
                "Describe it in a catalogue (--config), or give one of: "
                + $"{string.Join(", ", ReleasedModels.All[0].Configuration.Heads.Select(h => h.Name))}.");
        string Needed(string? value, string option) =>
            value ?? throw CommandLineError.Of(option, "is missing", "Give it, or describe the dataset in a catalogue (--config).");
        var definition = new DatasetDefinition
        {
            Name = name,
            Adapter = "",
            DataDirectory = Path.GetFullPath(Needed(folder, "--data_dir")),
            TrainList = Path.GetFullPath(Needed(train, "--train_list")),
            ValidationList = Path.GetFullPath(Needed(validation, "--val_list")),
            TestList = Path.GetFullPath(Needed(test, "--test_list")),
            Labels = head.Labels,
            AnnotationPercent = percent ?? 100,
            Source = "command line",
        };
        return definition with
        {
            Adapter = BuiltInAdapters.Infer(
            name, [definition.DataDirectory, definition.TrainList, definition.ValidationList, definition.TestList])
        };
    }
}
