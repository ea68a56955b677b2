namespace Ark.Tests.Data;

/// <summary>Images are found where publishers and other systems put them, and never outside the data folder.</summary>
public sealed class ImageFinderTests : IDisposable
{
    private readonly DataFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("train/patient00001/study1/view1_frontal.jpg", "CheXpert-v1.0-small/train/patient00001/study1/view1_frontal.jpg")]
    [InlineData("CheXpert-v1.0-small/train/patient1/study1/v.jpg", "CheXpert-v1.0/train/patient1/study1/v.jpg")]
    [InlineData("files/p10/p1/s5/a.jpg", "mimic-cxr-jpg/2.0.0/files/p10/p1/s5/a.jpg", "MIMIC")]
    [InlineData("p10/p1/s5/a.jpg", "files/p10/p1/s5/a.jpg", "MIMIC")]
    [InlineData("img/a.png", @"img\a.png", "csv")]
    [InlineData("study/series/1.2.3.dcm", "1.2.3", "csv", "extension", ".dcm")]
    [InlineData("3/a.png", "a.png", "PadChest")]
    [InlineData("a.png", "images/a.png", "csv")]
    public async Task A_name_is_found_without_the_folders_that_its_list_writes_or_leaves_out(
        string file, string name, string adapter = "CheXpert", string? key = null, string? value = null)
    {
        _folder.AddImages(file);
        var list = _folder.Write("l.csv", adapter == "PadChest"
            ? $"ImageID,ImageDir,Labels\n{name},3,['edema']\n"
            : $"Path,Edema\n{name},1\n");

        var samples = await DataFolder.Read(_folder.Definition(
            adapter, list, LabelTask.MultiLabel, ["Edema"], key is null ? [] : [(key, value!)]));

        Assert.Equal(Path.Combine(_folder.Images, file), Assert.Single(samples).Image.Name);
    }

    [Fact]
    public async Task A_bare_name_in_two_folders_is_refused_with_both()
    {
        _folder.AddImages("one/a.png", "two/a.png");

        var error = await Assert.ThrowsAsync<ArkInputException>(() => Read("Path,Edema\na.png,1\n"));

        Assert.Contains(
            $"is in several folders of '{_folder.Images}': {Path.Combine("one", "a.png")} and {Path.Combine("two", "a.png")}",
            error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_name_with_folders_is_not_looked_for_elsewhere()
    {
        _folder.AddImages("p2/study1/v.png");

        Assert.Contains("was not found", (await Assert.ThrowsAsync<ArkInputException>(
            () => Read("Path,Edema\np1/study1/v.png,1\n"))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_template_takes_fields_of_the_row_and_cannot_climb()
    {
        _folder.AddImages("p10/p1000/a.png");
        _folder.Write("outside.png", "");
        (string, string)[] settings = [("image_path", "p{patient:2}/p{patient}/{name}")];

        Assert.Single(await Read("Path,patient,Edema\na.png,1000,1\n", settings));
        Assert.Contains("leads outside", (await Assert.ThrowsAsync<ArkInputException>(
            () => Read("Path,patient,Edema\noutside.png,x/../../..,1\n", settings))).Message, StringComparison.Ordinal);
        Assert.Contains("the column 'patient'", (await Assert.ThrowsAsync<ArkInputException>(
            () => Read("Path,Edema\na.png,1\n", settings))).Message, StringComparison.Ordinal);
    }

    private Task<IReadOnlyList<ImageSample>> Read(string list, params (string Key, string Value)[] settings) =>
        DataFolder.Read(_folder.Definition("csv", _folder.Write("l.csv", list), LabelTask.MultiLabel, ["Edema"], settings));
}
