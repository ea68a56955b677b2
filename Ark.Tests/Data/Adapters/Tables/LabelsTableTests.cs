using System.IO.Compression;
using System.Text;

namespace Ark.Tests.Data;

/// <summary>Labels and splits that publishers distribute apart are joined.</summary>
public sealed class LabelsTableTests : IDisposable
{
    private const string Nih =
        "Image Index,Finding Labels,Patient ID\n1_000.png,Mass,1\n2_000.png,No Finding,2\n3_000.png,Effusion|Mass,3\n";

    private readonly DataFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("Data_Entry_2017.csv")]
    [InlineData("Data_Entry_2017_v2020.csv")]
    public async Task Nih_lists_of_names_take_their_labels_from_the_table_beside_them(string table)
    {
        _folder.AddImages("images_001/images/1_000.png", "images_002/images/2_000.png", "images_002/images/3_000.png");
        _folder.Write(table, Nih);
        var list = _folder.Write("train_val_list.txt", "1_000.png\n3_000.png\n");

        var samples = await DataFolder.Read(_folder.Definition("ChestXray14", list, LabelTask.MultiLabel, ["Effusion", "Mass"]));

        Assert.Equal([[0, 1], [1, 1]], samples.Select(s => s.Targets));
        Assert.Equal(["1", "3"], samples.Select(s => s.PatientId));
        Assert.EndsWith(Path.Combine("images_002", "images", "3_000.png"), samples[1].Image.Name, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_name_without_labels_is_refused_by_its_line()
    {
        _folder.AddImages("1_000.png", "9_000.png");
        _folder.Write("Data_Entry_2017.csv", Nih);
        var list = _folder.Write("test_list.txt", "1_000.png\n9_000.png\n");

        var error = await Assert.ThrowsAsync<ArkInputException>(
            () => DataFolder.Read(_folder.Definition("ChestXray14", list, LabelTask.MultiLabel, ["Effusion", "Mass"])));

        Assert.Contains("line 2: the image '9_000.png' has no row", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("mimic-cxr-2.0.0-chexpert.csv")]
    [InlineData("mimic-cxr-2.0.0-split.csv")]
    public async Task Mimic_joins_its_packed_tables_of_labels_and_splits_whichever_is_the_list(string list)
    {
        _folder.AddImages("files/p10/p10000032/s50414267/02aa.jpg", "files/p10/p10000764/s57375967/096b.jpg");
        Pack("mimic-cxr-2.0.0-chexpert.csv", "subject_id,study_id,Edema\n10000032,50414267,1.0\n10000764,57375967,\n");
        Pack(
            "mimic-cxr-2.0.0-split.csv",
            "dicom_id,study_id,subject_id,split\n02aa,50414267,10000032,train\n096b,57375967,10000764,validate\n");
        var path = Path.Combine(_folder.Root, list + ".gz");
        var definition = _folder.Definition("MIMIC", path, LabelTask.MultiLabel, ["Edema"]) with { ValidationList = path };

        var train = Assert.Single(await DataFolder.Read(definition));
        var validation = Assert.Single(await DataFolder.Read(definition, DatasetSplit.Validation));

        Assert.EndsWith("02aa.jpg", train.Image.Name, StringComparison.Ordinal);
        Assert.Equal([1f], train.Targets);
        Assert.Equal("10000032", train.PatientId);
        Assert.EndsWith("096b.jpg", validation.Image.Name, StringComparison.Ordinal);
        Assert.Equal([0f], validation.Targets);
    }

    [Fact]
    public async Task Any_table_takes_its_labels_from_another()
    {
        _folder.AddImages("a.png", "b.png");
        _folder.Write("labels.csv", "image,Edema\na.png,1\nb.png,0\n");
        var list = _folder.Write("names.csv", "image,site\nb.png,X\n");

        var samples = await DataFolder.Read(
            _folder.Definition("csv", list, LabelTask.MultiLabel, ["Edema"], ("labels_list", "labels.csv")));

        Assert.Equal([0f], Assert.Single(samples).Targets);
    }

    private void Pack(string name, string text)
    {
        using var gzip = new GZipStream(File.Create(Path.Combine(_folder.Root, name + ".gz")), CompressionLevel.Optimal);
        gzip.Write(Encoding.UTF8.GetBytes(text));
    }
}
