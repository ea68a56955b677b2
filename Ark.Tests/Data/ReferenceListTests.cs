using System.Globalization;
using System.Text.Json;

namespace Ark.Tests.Data;

/// <summary>The lists in the published formats give the images and labels that the original code made of them.</summary>
public sealed class ReferenceListTests
{
    private static readonly string[] CheXpert =
    [
        "No Finding", "Enlarged Cardiomediastinum", "Cardiomegaly", "Lung Opacity", "Lung Lesion", "Edema", "Consolidation",
        "Pneumonia", "Atelectasis", "Pneumothorax", "Pleural Effusion", "Pleural Other", "Fracture", "Support Devices",
    ];

    // The original reads this list by position, so its order is that of the columns.
    private static readonly string[] Mimic =
    [
        "Atelectasis", "Cardiomegaly", "Consolidation", "Edema", "Enlarged Cardiomediastinum", "Fracture", "Lung Lesion",
        "Lung Opacity", "No Finding", "Pleural Effusion", "Pleural Other", "Pneumonia", "Pneumothorax", "Support Devices",
    ];

    [Theory]
    [InlineData("ChestXray14", LabelTask.MultiLabel, 14, null)]
    [InlineData("RSNAPneumonia", LabelTask.MultiClass, 3, null)]
    [InlineData("VinDrCXR", LabelTask.MultiLabel, 6, null)]
    [InlineData("Shenzhen", LabelTask.Binary, 1, null)]
    [InlineData("CheXpert", LabelTask.MultiLabel, 14, "Ones")]
    [InlineData("CheXpert", LabelTask.MultiLabel, 14, "Zeros")]
    [InlineData("MIMIC", LabelTask.MultiLabel, 14, "Ones")]
    [InlineData("MIMIC", LabelTask.MultiLabel, 14, "Zeros")]
    public async Task Images_and_labels_are_those_of_the_original(string dataset, LabelTask task, int count, string? uncertain)
    {
        using var folder = new DataFolder();
        var (file, images, labels) = Expected(dataset, uncertain);
        folder.AddImages(images.Select(i => i["images/".Length..]));
        var names = dataset switch
        {
            "CheXpert" => CheXpert,
            "MIMIC" => Mimic,
            _ => [.. Enumerable.Range(0, count).Select(i => "label " + i.ToString(CultureInfo.InvariantCulture))],
        };
        (string, string)[] settings = uncertain is null ? [] : [("uncertain", uncertain.ToLowerInvariant()), ("missing", "zeros")];

        var samples = await DataFolder.Read(folder.Definition(dataset, Fixture.PathOf("06_adapters", file), task, names, settings));

        Assert.Equal(images.Select(i => Path.Combine(folder.Root, i)), samples.Select(s => s.Image.Name));
        Assert.Equal(labels, samples.Select(s => s.Targets));
    }

    [Theory]
    [InlineData("ChestXray14", "ChestXray14_short_row.txt", LabelTask.MultiLabel, 14, "line 1: the row has 3 label(s), expected 14")]
    [InlineData("ChestXray14", "ChestXray14_15_columns.txt", LabelTask.MultiLabel, 14, "line 1: the row has 15 label(s), expected 14")]
    [InlineData("RSNAPneumonia", "RSNAPneumonia_label3.txt", LabelTask.MultiClass, 3, "line 1: the class label is '3', expected a number in the range 0 to 2")]
    [InlineData("RSNAPneumonia", "RSNAPneumonia_label_minus1.txt", LabelTask.MultiClass, 3, "line 1: the class label is '-1'")]
    [InlineData("RSNAPneumonia", "RSNAPneumonia_three_fields.txt", LabelTask.MultiClass, 3, "line 1: the image 'a.png x' was not found")]
    [InlineData("VinDrCXR", "VinDrCXR_seven_labels.txt", LabelTask.MultiLabel, 6, "line 1: the row has 7 label(s), expected 6")]
    [InlineData("Shenzhen", "Shenzhen_no_label.txt", LabelTask.Binary, 1, "line 1: the row has 0 label(s), expected 1")]
    [InlineData("Shenzhen", "Shenzhen_three_fields.txt", LabelTask.Binary, 1, "line 1: the row has 2 label(s), expected 1")]
    [InlineData("CheXpert", "CheXpert_value2.csv", LabelTask.MultiLabel, 14, "line 2, column 'Enlarged Cardiomediastinum': the label '2.0' is invalid")]
    [InlineData("CheXpert", "CheXpert_crlf_nan.csv", LabelTask.MultiLabel, 14, "line 2, column 'No Finding': the label 'nan' is invalid")]
    [InlineData("CheXpert", "CheXpert_short_row.csv", LabelTask.MultiLabel, 14, "line 2: the row has 7 fields, expected 19")]
    [InlineData("CheXpert", "CheXpert_header_only.csv", LabelTask.MultiLabel, 14, "the list is empty")]
    public async Task A_malformed_row_is_refused_with_its_file_and_line(string dataset, string file, LabelTask task, int count, string problem)
    {
        using var folder = new DataFolder();
        folder.AddImages("a.png", "b.png", "a.jpg", "a.jpeg");
        string[] names = dataset == "CheXpert" ? CheXpert : [.. Enumerable.Range(0, count).Select(i => "label " + i.ToString(CultureInfo.InvariantCulture))];
        var path = Fixture.PathOf("06_adapters", "malformed", file);

        var e = await Assert.ThrowsAsync<ArkInputException>(() => DataFolder.Read(folder.Definition(dataset, path, task, names)));

        Assert.StartsWith(path, e.Message, StringComparison.Ordinal);
        Assert.Contains(problem, e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("ChestXray14", "ChestXray14_blank_line.txt", 14, 2)]
    [InlineData("VinDrCXR", "VinDrCXR_blank_line_inside.txt", 6, 2)]
    [InlineData("VinDrCXR", "VinDrCXR_first_line_blank.txt", 6, 1)]
    public async Task Blank_lines_are_ignored_where_the_original_stumbles(string dataset, string file, int count, int rows)
    {
        using var folder = new DataFolder();
        folder.AddImages("a.png", "b.png", "a.jpeg", "b.jpeg");
        string[] names = [.. Enumerable.Range(0, count).Select(i => "label " + i.ToString(CultureInfo.InvariantCulture))];

        Assert.Equal(rows, (await DataFolder.Read(folder.Definition(dataset, Fixture.PathOf("06_adapters", "malformed", file), LabelTask.MultiLabel, names))).Count);
    }

    private static (string File, string[] Images, float[][] Labels) Expected(string dataset, string? uncertain)
    {
        using var json = JsonDocument.Parse(File.ReadAllText(Fixture.PathOf("06_adapters", "expected.json")));
        var record = json.RootElement.EnumerateArray().First(r =>
            r.GetProperty("dataset").GetString() == dataset && r.GetProperty("code").GetString() == "Ark"
            && r.GetProperty("file").GetString()!.StartsWith("lists/", StringComparison.Ordinal)
            && r.GetProperty("kwargs").EnumerateObject().Select(p => $"{p.Name}={p.Value}").SequenceEqual(uncertain is null ? [] : [$"uncertain_label={uncertain}"]));
        return (
            record.GetProperty("file").GetString()!,
            [.. record.GetProperty("images").EnumerateArray().Select(i => i.GetString()!)],
            [.. record.GetProperty("labels").EnumerateArray().Select(row => row.EnumerateArray().Select(v => v.GetSingle()).ToArray())]);
    }
}
