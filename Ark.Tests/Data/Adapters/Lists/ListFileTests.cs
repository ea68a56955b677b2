using System.Globalization;

namespace Ark.Tests.Data;

/// <summary>What becomes of malformed lists in the published formats.</summary>
public sealed class ListFileTests
{
    private static readonly string[] CheXpert = Findings.CheXpert;

    [Theory]
    [InlineData("ChestXray14", "ChestXray14_short_row.txt", LabelTask.MultiLabel, 14, "line 1: the row has 3 label(s), expected 14")]
    [InlineData("ChestXray14", "ChestXray14_15_columns.txt", LabelTask.MultiLabel, 14, "line 1: the row has 15 label(s), expected 14")]
    [InlineData(
        "RSNAPneumonia",
        "RSNAPneumonia_label3.txt",
        LabelTask.MultiClass,
        3,
        "line 1: the class label is '3', expected a number in the range 0 to 2")]
    [InlineData("RSNAPneumonia", "RSNAPneumonia_label_minus1.txt", LabelTask.MultiClass, 3, "line 1: the class label is '-1'")]
    [InlineData("RSNAPneumonia", "RSNAPneumonia_three_fields.txt", LabelTask.MultiClass, 3, "line 1: the image 'a.png x' was not found")]
    [InlineData("VinDrCXR", "VinDrCXR_seven_labels.txt", LabelTask.MultiLabel, 6, "line 1: the row has 7 label(s), expected 6")]
    [InlineData("Shenzhen", "Shenzhen_no_label.txt", LabelTask.Binary, 1, "line 1: the row has 0 label(s), expected 1")]
    [InlineData("Shenzhen", "Shenzhen_three_fields.txt", LabelTask.Binary, 1, "line 1: the row has 2 label(s), expected 1")]
    [InlineData(
        "CheXpert",
        "CheXpert_value2.csv",
        LabelTask.MultiLabel,
        14,
        "line 2, column 'Enlarged Cardiomediastinum': the label '2.0' is invalid")]
    [InlineData("CheXpert", "CheXpert_short_row.csv", LabelTask.MultiLabel, 14, "line 2: the row has 7 fields, expected 19")]
    [InlineData("CheXpert", "CheXpert_header_only.csv", LabelTask.MultiLabel, 14, "the list is empty")]
    public async Task A_malformed_row_is_refused_with_its_file_and_line(
        string dataset, string file, LabelTask task, int count, string problem)
    {
        using var folder = new DataFolder();
        folder.AddImages("a.png", "b.png", "a.jpg", "a.jpeg");
        string[] names = dataset == "CheXpert"
            ? CheXpert
            : [.. Enumerable.Range(0, count).Select(i => "label " + i.ToString(CultureInfo.InvariantCulture))];
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

        Assert.Equal(rows, (await DataFolder.Read(
            folder.Definition(dataset, Fixture.PathOf("06_adapters", "malformed", file), LabelTask.MultiLabel, names))).Count);
    }
}
