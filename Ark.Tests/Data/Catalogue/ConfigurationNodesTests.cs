using System.Text;
using Ark.Data;
using Microsoft.Extensions.Configuration;

namespace Ark.Tests.Data;

/// <summary>A host's configuration holds the catalogue that a YAML file holds.</summary>
public sealed class ConfigurationNodesTests : IDisposable
{
    private readonly DataFolder _folder = new();

    public ConfigurationNodesTests()
    {
        _folder.AddImages();
        _folder.Write("train.csv", "image,A\n");
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Both_give_the_same_definition()
    {
        var yaml = DatasetCatalogue.Load(_folder.Write("ark.yaml", """
            Set:
              data_dir: images
              train_list: train.csv
              diseases: [B, A, C, D, E, F, G, H, I, J, K, L]
              test_diseases_name: [A]
              task_type: multi-label classification
              annotation_percent: 25
              settings: {image_column: image, columns: {A: oedema}, allow_outside: true}
            training:
              seed: 7
            """));
        var json = Read("""
            {"Set": {"data_dir": "images", "train_list": "train.csv", "diseases": ["B", "A", "C", "D", "E", "F", "G", "H", "I", "J", "K", "L"],
             "test_diseases_name": ["A"], "task_type": "multi-label classification", "annotation_percent": 25,
             "settings": {"image_column": "image", "columns": {"A": "oedema"}, "allow_outside": true}}, "training": {"seed": 7}}
            """);

        var (a, b) = (yaml.Get("Set"), json.Get("Set"));
        Assert.Equal(
            (a.Adapter, a.DataDirectory, a.TrainList, a.ValidationList, a.AnnotationPercent),
            (b.Adapter, b.DataDirectory, b.TrainList, b.ValidationList, b.AnnotationPercent));
        Assert.Equal(a.Labels.Names, b.Labels.Names);
        Assert.Equal(a.TestLabels, b.TestLabels);
        Assert.Equal(a.Settings.OrderBy(s => s.Key), b.Settings.OrderBy(s => s.Key));
        Assert.Equal([("seed", "7")], json.Training.Select(t => (t.Key, t.Value)));
    }

    [Theory]
    [InlineData(
        """{"Set": {"data_dir": "images", "train_lst": "train.csv"}}""",
        "configuration, dataset 'Set', key 'train_lst': the key is unknown. Did you mean 'train_list'?")]
    [InlineData("""{"Set": {"data_dir": "images"}}""", "configuration, dataset 'Set': the required key 'diseases' is missing")]
    [InlineData(
        """{"Set": {"data_dir": "gone", "train_list": "train.csv", "diseases": ["A"], "task_type": "binary classification"}}""",
        "configuration, dataset 'Set', key 'data_dir': the folder")]
    [InlineData(
        """{"Set": {"data_dir": "images", "train_list": "train.csv", "diseases": ["A"], "task_type": "binary classification", "annotation_percent": 0}}""",
        "key 'annotation_percent': '0' is invalid")]
    [InlineData("{}", "configuration: ")]
    public void An_error_names_the_dataset_and_the_key(string json, string problem)
    {
        var e = Assert.Throws<ArkInputException>(() => Read(json).Select());
        Assert.Contains(problem, e.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("line", e.Place ?? "", StringComparison.Ordinal);
    }

    private DatasetCatalogue Read(string json) =>
        DatasetCatalogue.FromConfiguration(
            new ConfigurationBuilder().AddJsonStream(new MemoryStream(Encoding.UTF8.GetBytes(json))).Build(), _folder.Root);
}
