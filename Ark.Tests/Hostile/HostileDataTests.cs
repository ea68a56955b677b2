using System.IO.Compression;
using System.Text.Json;
using Ark.Data;

namespace Ark.Tests.Hostile;

/// <summary>Lists, catalogues and archives that a loader must survive: each ends as the manifest says.</summary>
public sealed class HostileDataTests
{
    // A file that is read without end fails by name; no load makes a sound one take so long.
    private static readonly TimeSpan ForEver = TimeSpan.FromMinutes(10);

    private static readonly string Folder = Fixture.PathOf("Hostile");
    private static readonly Dictionary<string, JsonElement> Cases = JsonDocument.Parse(
        File.ReadAllText(Path.Combine(Folder, "manifest.data.json")))
        .RootElement.GetProperty("cases").EnumerateArray().ToDictionary(c => c.GetProperty("id").GetString()!, StringComparer.Ordinal);

    public static TheoryData<string> Ids => [.. Cases.Keys.Order(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(Ids))]
    public async Task A_hostile_file_ends_as_the_manifest_says(string id)
    {
        var hostile = Cases[id];
        using var unpacked = new DataFolder();
        var file = Unpack(hostile, unpacked.Root);

        Dictionary<string, object?>? content = null;
        ArkInputException? refusal = null;
        try
        {
            content = await Task.Run(async () => hostile.GetProperty("kind").GetString() switch
            {
                "yaml" => ReadCatalogue(file, hostile.GetProperty("context")),
                "npz" => await ReadArchive(file, hostile.GetProperty("context")),
                _ => await ReadList(file, hostile.GetProperty("context")),
            }).WaitAsync(ForEver, TestContext.Current.CancellationToken);
        }
        catch (ArkInputException e)
        {
            refusal = e;
        }

        var expect = hostile.GetProperty("expect").GetString();
        if (refusal is not null)
        {
            Assert.NotEqual("accept", expect);
            Assert.Contains(Path.GetFileName(file), refusal.Message, StringComparison.Ordinal);
            Assert.DoesNotContain('\n', refusal.Message);
            Assert.Contains(hostile.GetProperty("reason_any").EnumerateArray(), r => refusal.Message
                .Replace(file, "", StringComparison.Ordinal)
                .Contains(r.GetString()!, StringComparison.OrdinalIgnoreCase));
            return;
        }

        Assert.NotEqual("reject", expect);
        if (!hostile.TryGetProperty("summary", out var summary)) return;
        foreach (var property in summary.EnumerateObject().Where(p => p.Name != "format"))
            Assert.Equal(
                Normalized(JsonSerializer.Serialize(property.Value)), Normalized(JsonSerializer.Serialize(content![property.Name])));
    }

    [Fact]
    public void No_hostile_file_was_left_out()
    {
        var listed = Cases.Values.Select(c => c.GetProperty("file").GetString()!).Select(f => File.Exists(Path.Combine(Folder, f))
            ? f
            : f + ".gz").Order(StringComparer.Ordinal);
        var there = new[] { "list", "yaml", "npz" }
            .SelectMany(d => Directory.EnumerateFiles(Path.Combine(Folder, d)))
            .Select(f => Path.GetRelativePath(Folder, f))
            .Order(StringComparer.Ordinal);

        // One sound list has no case of its own.
        Assert.Equal(["list/ok_rsna.txt"], there.Except(listed));
        Assert.Empty(listed.Except(there));
    }

    private static async Task<Dictionary<string, object?>> ReadList(string file, JsonElement context)
    {
        var (adapter, task) = context.GetProperty("format").GetString() switch
        {
            "nih" => ("ChestXray14", LabelTask.MultiLabel),
            "vindr" => ("VinDrCXR", LabelTask.MultiLabel),
            "shenzhen" => ("Shenzhen", LabelTask.Binary),
            "rsna" => ("RSNAPneumonia", LabelTask.MultiClass),
            "chexpert" => ("CheXpert", LabelTask.MultiLabel),
            var other => throw new InvalidOperationException(other),
        };
        var samples = await DataFolder.Read(Definition(adapter, file, task, context));
        var images = Path.Combine(Folder, "list", "images");
        float?[] Labels(int i) => [.. samples[i].Targets.Select(v => float.IsNaN(v) ? (float?)null : v)];
        return new()
        {
            ["rows"] = samples.Count,
            ["first_path"] = Path.GetRelativePath(images, samples[0].Image.Name),
            ["last_path"] = Path.GetRelativePath(images, samples[^1].Image.Name),
            ["first_labels"] = Labels(0),
            ["last_labels"] = Labels(samples.Count - 1),
        };
    }

    private static async Task<Dictionary<string, object?>> ReadArchive(string file, JsonElement context)
    {
        var samples = await DataFolder.Read(Definition("medmnist", file, LabelTask.MultiLabel, context));
        var images = samples.Select(s => s.Image.Load(new NoDecoder())).ToList();
        return new()
        {
            ["rows"] = samples.Count,
            ["image_shape"] = new[] { images[0].Height, images[0].Width },
            ["image_mean"] = images.Average(i => i.Pixels.Average(p => (double)p)),
            ["first_labels"] = samples[0].Targets,
            ["last_labels"] = samples[^1].Targets,
        };
    }

    private static Dictionary<string, object?> ReadCatalogue(string file, JsonElement context)
    {
        var catalogue = DatasetCatalogue.Load(file, Folder, _ => null);
        var definition = catalogue.Get(context.GetProperty("dataset").GetString()!);
        return new()
        {
            ["datasets"] = catalogue.Datasets.Select(d => d.Name),
            ["classes"] = definition.Labels.Names,
            ["task_type"] = definition.Labels.Task == LabelTask.MultiLabel ? "multi-label classification" : "another",
        };
    }

    private static DatasetDefinition Definition(string adapter, string file, LabelTask task, JsonElement context) => new()
    {
        Name = "Hostile",
        Adapter = adapter,
        DataDirectory = Path.Combine(Folder, "list", "images"),
        TrainList = file,
        Labels = new LabelSchema(task, [.. context.GetProperty("classes").EnumerateArray().Select(c => c.GetString()!)]),
        // The manifest tells what the file says, not what CheXpert's published policies make of it.
        Settings = adapter == "CheXpert" ? new Dictionary<string, string> { ["uncertain"] = "ignore", ["missing"] = "ignore" } : [],
    };

    // -1 (uncertain) is left out by default, as a missing label is; the manifest tells the raw value. And 1.0 is written 1.
    private static string Normalized(string json) =>
        json.Replace("-1.0", "null", StringComparison.Ordinal).Replace(".0", "", StringComparison.Ordinal);

    private static string Unpack(JsonElement hostile, string folder)
    {
        var path = Path.Combine(Folder, hostile.GetProperty("file").GetString()!);
        if (!hostile.TryGetProperty("stored", out _)) return path;
        var target = Path.Combine(folder, Path.GetFileName(path));
        using var packed = new GZipStream(File.OpenRead(path + ".gz"), CompressionMode.Decompress);
        using var output = File.Create(target);
        packed.CopyTo(output);
        return target;
    }
}
