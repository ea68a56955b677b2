using Ark.Data;

namespace Ark.Tests;

/// <summary>A temporary folder with lists and empty images.</summary>
internal sealed class DataFolder : IDisposable
{
    public DataFolder() => Directory.CreateDirectory(Root);

    public string Root { get; } = Path.Combine(Path.GetTempPath(), "ark-data-" + Guid.NewGuid().ToString("N"));

    public string Images => Path.Combine(Root, "images");

    public string Write(string name, string text)
    {
        var path = Path.Combine(Root, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, text);
        return path;
    }

    public void AddImages(params IEnumerable<string> names)
    {
        Directory.CreateDirectory(Images);
        foreach (var name in names) Write(Path.Combine("images", name), "");
    }

    public DatasetDefinition Definition(
        string adapter, string list, LabelTask task, IReadOnlyList<string> labels, params (string Key, string Value)[] settings) => new()
        {
            Name = "Test",
            Adapter = adapter,
            DataDirectory = Images,
            TrainList = list,
            Labels = new LabelSchema(task, labels),
            Source = "test.yaml",
            Settings = settings.ToDictionary(s => s.Key, s => s.Value, StringComparer.Ordinal),
        };

    /// <summary>Reads the training split through the registry, as a run does.</summary>
    public static async Task<IReadOnlyList<ImageSample>> Read(DatasetDefinition definition, DatasetSplit split = DatasetSplit.Train) =>
        await new DatasetAdapterRegistry().Create(definition).ReadAsync(split, TestContext.Current.CancellationToken);

    public void Dispose() => Directory.Delete(Root, recursive: true);
}
