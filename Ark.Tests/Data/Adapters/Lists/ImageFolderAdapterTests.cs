using Ark.Data;

namespace Ark.Tests.Data;

/// <summary>Folders of images, one per class.</summary>
public sealed class ImageFolderAdapterTests : IDisposable
{
    private readonly DataFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_yaml_without_lists_finds_the_folders_of_splits_and_classes()
    {
        _folder.AddImages(
            "train/Pneumonia/b.png", "train/normal/a.jpg", "train/Pneumonia/a.png", "train/normal/notes.txt", "valid/Normal/v.png",
            "valid/pneumonia/w.dcm", "test/normal/t.png", "test/pneumonia/u.png");
        var catalogue = DatasetCatalogue.Load(_folder.Write("ark.yaml", """
            Set:
              adapter: image-folder
              data_dir: images
              diseases: [normal, pneumonia]
              task_type: multi-class classification
            """));

        var train = await DataFolder.Read(catalogue.Get("Set"));

        Assert.Equal(["a.jpg", "a.png", "b.png"], train.Select(s => Path.GetFileName(s.Image.Name)));
        Assert.Equal([[1, 0], [0, 1], [0, 1]], train.Select(s => s.Targets));
        Assert.Equal(
            ["v.png", "w.dcm"],
            (await DataFolder.Read(catalogue.Get("Set"), DatasetSplit.Validation)).Select(s => Path.GetFileName(s.Image.Name)));
    }

    [Fact]
    public async Task A_list_may_be_a_folder_and_a_binary_set_has_two()
    {
        _folder.AddImages("part/negative/a.png", "part/sick/p07_b.png");
        var definition = _folder.Definition(
            "image-folder", Path.Combine(_folder.Images, "part"), LabelTask.Binary, ["TB"], ("folders.TB", "sick"),
            ("patient_pattern", "^p([0-9]+)_"));

        var samples = await DataFolder.Read(definition);

        Assert.Equal([[0], [1]], samples.Select(s => s.Targets));
        Assert.Equal([null, "07"], samples.Select(s => s.PatientId));
    }

    [Theory]
    [InlineData("unlabeled")]
    [InlineData("unlabelled")]
    public async Task An_unlabeled_set_is_all_images_below_its_folder_or_below_those_of_its_splits(string word)
    {
        _folder.AddImages("train/p1/a.png", "train/b.png", "val/c.png", "train/notes.txt");
        var set = DatasetCatalogue.Load(_folder.Write("ark.yaml", $"Set: {{data_dir: images, task_type: {word}}}")).Get("Set");
        var whole = DatasetCatalogue.Load(_folder.Write("ark.yaml", $"Set: {{data_dir: images/train, task_type: {word}}}")).Get("Set");

        Assert.Equal(("image-folder", LabelTask.Unlabeled, 0), (set.Adapter, set.Labels.Task, set.Labels.Count));
        Assert.Equal(["b.png", "a.png"], (await DataFolder.Read(set)).Select(s => Path.GetFileName(s.Image.Name)));
        Assert.All(await DataFolder.Read(set), s => Assert.Empty(s.Targets));
        Assert.Equal("c.png", Path.GetFileName(Assert.Single(await DataFolder.Read(set, DatasetSplit.Validation)).Image.Name));
        Assert.Equal(2, (await DataFolder.Read(whole, DatasetSplit.Validation)).Count);
        var missing = await Assert.ThrowsAsync<ArkInputException>(() => DataFolder.Read(set, DatasetSplit.Test));
        Assert.Contains("has no folder 'test'", missing.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_class_without_a_folder_is_refused()
    {
        _folder.AddImages("negative/a.png");
        var e = await Assert.ThrowsAsync<ArkInputException>(() => DataFolder.Read(
            _folder.Definition("image-folder", _folder.Images, LabelTask.Binary, ["TB"])));
        Assert.Contains("has no folder 'TB'", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_multi_label_set_is_refused() => Assert.Contains(
        "an image in a folder has one class",
        Assert.Throws<ArkInputException>(() => new DatasetAdapterRegistry().Create(
            _folder.Definition("image-folder", "x", LabelTask.MultiLabel, ["A", "B"]))).Message,
        StringComparison.Ordinal);

    [Fact]
    public void Other_adapters_of_ours_want_files()
    {
        _folder.AddImages("a.png");
        var catalogue = DatasetCatalogue.Load(_folder.Write(
            "ark.yaml",
            "Set:\n  adapter: csv\n  data_dir: images\n  train_list: images\n  diseases: [A]\n  task_type: binary classification\n"));
        Assert.Contains("is a folder", Assert.Throws<ArkInputException>(() => catalogue.Get("Set")).Message, StringComparison.Ordinal);
    }
}
