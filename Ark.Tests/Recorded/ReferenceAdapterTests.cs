using System.Globalization;
using System.Text.Json;

namespace Ark.Tests.Recorded;

/// <summary>
/// Every record of what the original code made of lists in the published formats: images in order, labels by every policy, subsets.
/// </summary>
public sealed class ReferenceAdapterTests
{
    private static readonly JsonElement[] Records = [.. JsonDocument.Parse(
        File.ReadAllText(Fixture.PathOf("06_adapters", "expected.json"))).RootElement.EnumerateArray()];

    // Lists that the original stumbles over, or reads wrongly, and that have only one meaning.
    private static readonly Dictionary<string, int> ReadByUs = new(StringComparer.Ordinal)
    {
        ["malformed/ChestXray14_blank_line.txt"] = 2,
        ["malformed/VinDrCXR_blank_line_inside.txt"] = 2,
        ["malformed/VinDrCXR_first_line_blank.txt"] = 1,
        ["malformed/CheXpert_extra_column.csv"] = 1,
        ["malformed/CheXpert_crlf_nan.csv"] = 1,
    };

    public static TheoryData<int> Sound =>
        [.. Enumerable.Range(0, Records.Length).Where(i => Text(i, "file").StartsWith("lists/", StringComparison.Ordinal))];

    public static TheoryData<int> Malformed =>
        [.. Enumerable.Range(0, Records.Length).Where(i => Text(i, "file").StartsWith("malformed/", StringComparison.Ordinal))];

    [Fact]
    public void Every_record_has_a_case() => Assert.Equal(Records.Length, Sound.Count + Malformed.Count);

    [Theory]
    [MemberData(nameof(Sound))]
    public async Task A_list_gives_the_images_and_labels_of_the_original(int index)
    {
        // Ark reads CheXpert by position and fails on a list without its five first columns; by name it is as good as Ark+'s reading.
        var expected = !Records[index].TryGetProperty("images", out _) ? TwinOf(index) : Records[index];
        using var folder = new DataFolder();
        var definition = Definition(index, folder);

        if (expected is null || expected.Value.GetProperty("images").GetArrayLength() == 0)
        {
            if (expected is null && Percent(index) >= 25)
            {
                Assert.Equal(4 * Percent(index) / 100, (await DataFolder.Read(definition)).Count);
                return;
            }

            var refusal = await Assert.ThrowsAsync<ArkInputException>(() => DataFolder.Read(definition));
            Assert.Contains("key 'annotation_percent'", refusal.Message, StringComparison.Ordinal);
            return;
        }

        var samples = await DataFolder.Read(definition);

        Assert.Equal(
            expected.Value.GetProperty("images").EnumerateArray().Select(i => Path.Combine(folder.Root, i.GetString()!)),
            samples.Select(s => s.Image.Name));
        var kept = Records[index].GetProperty("kwargs").TryGetProperty("unknown_label", out _);
        Assert.Equal(
            expected.Value.GetProperty("labels").EnumerateArray().Select(row => row.EnumerateArray().Select(v => kept && v.GetSingle() == -1
                ? float.NaN
                : v.GetSingle()).ToArray()),
            samples.Select(s => s.Targets));
    }

    [Theory]
    [MemberData(nameof(Malformed))]
    public async Task A_malformed_list_is_refused_with_its_file_and_line(int index)
    {
        using var folder = new DataFolder();
        folder.AddImages("a.png", "b.png", "a.jpg", "a.jpeg", "b.jpeg", "train/a.png");
        var definition = Definition(index, folder);
        if (ReadByUs.TryGetValue(Text(index, "file"), out var rows))
        {
            Assert.Equal(rows, (await DataFolder.Read(definition)).Count);
            return;
        }

        var refusal = await Assert.ThrowsAsync<ArkInputException>(() => DataFolder.Read(definition));

        Assert.StartsWith(definition.TrainList!, refusal.Message, StringComparison.Ordinal);
        Assert.Contains(
            Text(index, "file").EndsWith("header_only.csv", StringComparison.Ordinal) ? "the list is empty" : ", line ",
            refusal.Message,
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("ones", 1f)]
    [InlineData("zeros", 0f)]
    [InlineData("ignore", float.NaN)]
    [InlineData("lsr-ones", float.NaN)]
    [InlineData("lsr-zeros", float.NaN)]
    public async Task Labels_are_drawn_for_training_alone(string policy, float elsewhere)
    {
        using var folder = new DataFolder();
        folder.AddImages("a.png");
        var list = folder.Write("l.csv", "image,A,B\na.png,-1,1\n");
        var definition = folder.Definition("csv", list, LabelTask.MultiLabel, ["A", "B"], ("uncertain", policy)) with
        {
            TestList = list,
            ValidationList = list
        };

        foreach (var split in new[] { DatasetSplit.Validation, DatasetSplit.Test })
            Assert.Equal([elsewhere, 1], (await DataFolder.Read(definition, split))[0].Targets);
    }

    [Fact]
    public async Task Drawn_labels_come_from_the_seed_and_stay()
    {
        using var folder = new DataFolder();
        folder.AddImages("a.png");
        var list = folder.Write("l.csv", "image,A,B\na.png,-1,-1\n");
        var definition = folder.Definition("csv", list, LabelTask.MultiLabel, ["A", "B"], ("uncertain", "lsr-zeros")) with { Seed = 7 };

        var first = (await DataFolder.Read(definition))[0].Targets;

        Assert.All(first, v => Assert.InRange(v, 0f, 0.3f));
        Assert.Equal(first, (await DataFolder.Read(definition))[0].Targets);
        Assert.NotEqual(first, (await DataFolder.Read(definition with { Seed = 8 }))[0].Targets);
    }

    private static DatasetDefinition Definition(int index, DataFolder folder)
    {
        var dataset = Text(index, "dataset");
        var (task, names) = dataset switch
        {
            "CheXpert" => (LabelTask.MultiLabel, Findings.CheXpert),
            "MIMIC" => (LabelTask.MultiLabel, Findings.Mimic),
            "ChestXray14" => (LabelTask.MultiLabel, Numbered(14)),
            "VinDrCXR" => (LabelTask.MultiLabel, Numbered(6)),
            "RSNAPneumonia" => (LabelTask.MultiClass, Numbered(3)),
            "COVIDx" => (LabelTask.MultiClass, ["normal", "pneumonia", "COVID-19"]),
            _ => (LabelTask.Binary, Numbered(1)),
        };
        var settings = new List<(string, string)>();
        var kwargs = Records[index].GetProperty("kwargs");
        if (kwargs.TryGetProperty("uncertain_label", out var policy)) settings.Add(("uncertain", policy.GetString()!.ToLowerInvariant()));
        if (kwargs.TryGetProperty("unknown_label", out _)) settings.Add(("missing", "ignore"));
        var images = Records.Where(r => r.GetProperty("file").GetString() == Text(index, "file")
            && r.TryGetProperty("images", out _)).SelectMany(r => r.GetProperty("images").EnumerateArray());
        if (Text(index, "file").StartsWith("lists/", StringComparison.Ordinal))
            folder.AddImages(images.Select(i => i.GetString()!["images/".Length..]).Distinct());
        var definition = folder.Definition(dataset, Fixture.PathOf("06_adapters", Text(index, "file")), task, names, [.. settings]) with
        {
            Seed = 2023,
            AnnotationPercent = Percent(index)
        };
        return definition;
    }

    private static JsonElement? TwinOf(int index)
    {
        foreach (var record in Records)
        {
            if (record.GetProperty("file").GetString() == Text(index, "file") && record.GetProperty("code").GetString() == "Ark+"
                && record.GetProperty("kwargs").GetRawText() == Records[index].GetProperty("kwargs").GetRawText()) return record;
        }

        return null;
    }

    private static int Percent(int index) =>
        Records[index].GetProperty("kwargs").TryGetProperty("annotation_percent", out var percent) ? percent.GetInt32() : 100;

    private static string Text(int index, string key) => Records[index].GetProperty(key).GetString()!;

    private static string[] Numbered(int count) =>
        [.. Enumerable.Range(0, count).Select(i => "label " + i.ToString(CultureInfo.InvariantCulture))];
}
