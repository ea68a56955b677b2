using System.Text;

namespace Ark.Phantom;

/// <summary>Writes the text files of phantom datasets: lists in the published forms, and the catalogue.</summary>
internal static class PhantomCatalogue
{
    /// <summary>The catalogue's file name.</summary>
    public const string FileName = "phantom.yaml";

    /// <summary>The folder of a dataset's images.</summary>
    public const string Images = "images";

    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false);

    /// <summary>The name of a split's list.</summary>
    /// <param name="cohort">The dataset.</param>
    /// <param name="split">The split.</param>
    /// <returns>A file name.</returns>
    public static string ListName(PhantomCohort cohort, DatasetSplit split) => WordOf(split) + cohort.ListExtension;

    /// <summary>What lists call a split.</summary>
    public static string WordOf(DatasetSplit split) => split switch
    {
        DatasetSplit.Train => "train",
        DatasetSplit.Validation => "val",
        _ => "test",
    };

    /// <summary>Writes a dataset's three lists.</summary>
    /// <param name="folder">The dataset's folder.</param>
    /// <param name="cohort">The dataset.</param>
    /// <param name="cases">Its pictures.</param>
    public static void WriteLists(string folder, PhantomCohort cohort, IReadOnlyList<PhantomCase> cases)
    {
        foreach (var split in Enum.GetValues<DatasetSplit>())
        {
            var text = new StringBuilder();
            if (cohort.Header is { } header) text.Append(header).Append('\n');
            foreach (var picture in cases.Where(c => c.Split == split))
                text.Append(cohort.Row($"{Images}/{picture.FileName}", picture)).Append('\n');
            WriteText(Path.Combine(folder, ListName(cohort, split)), text.ToString());
        }
    }

    /// <summary>The catalogue in the form of <c>datasets_config.yaml</c>, with paths relative to itself.</summary>
    public static string Text()
    {
        var text = new StringBuilder("# Chest radiograph phantoms: rendered pictures, not patients. Paths are relative to this file.\n");
        text.Append(PhantomTraining.Yaml).Append('\n');
        foreach (var cohort in PhantomPlan.Cohorts)
        {
            text.Append(cohort.Name).Append(":\n");
            Entry("data_dir", cohort.Name);
            Entry("train_list", $"{cohort.Name}/{ListName(cohort, DatasetSplit.Train)}");
            Entry("val_list", $"{cohort.Name}/{ListName(cohort, DatasetSplit.Validation)}");
            Entry("test_list", $"{cohort.Name}/{ListName(cohort, DatasetSplit.Test)}");
            Entry("diseases", $"[{string.Join(", ", cohort.Labels.Names.Select(n => $"'{n}'"))}]");
            Entry("task_type", cohort.Labels.Task switch
            {
                LabelTask.MultiLabel => "multi-label classification",
                LabelTask.MultiClass => "multi-class classification",
                _ => "binary classification",
            });
            Entry("adapter", cohort.Adapter);
            Entry("settings", "{patient_pattern: 'patient[0-9]+'}");
            text.Append('\n');
        }

        return text.ToString();

        void Entry(string key, string value) => text.Append("  ").Append(key).Append(": ").Append(value).Append('\n');
    }

    /// <summary>Writes a text file: UTF-8, no byte order mark.</summary>
    /// <param name="path">The file.</param>
    /// <param name="text">The text.</param>
    public static void WriteText(string path, string text) => File.WriteAllText(path, text, Utf8);
}
