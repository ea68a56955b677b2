using Ark.Data;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Samples;

namespace Ark.Tests.Samples;

/// <summary>The sample of an adapter of one's own is short, and works from YAML and from configuration by its name.</summary>
public sealed class JsonLinesAdapterTests : IDisposable
{
    private readonly DataFolder _folder = new();

    public JsonLinesAdapterTests()
    {
        _folder.AddImages("a.png", "b.png");
        foreach (var list in new[] { "train", "val", "test" })
            _folder.Write(list + ".jsonl", """{"image": "a.png", "findings": ["Effusion"], "patient": "7"}"""
                + "\n"
                + """{"image": "b.png", "findings": []}"""
                + "\n");
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void The_sample_takes_less_than_30_lines() =>
        Assert.InRange(File.ReadLines(Path.Combine(Fixture.Repository, "samples", "custom-adapter", "JsonLinesAdapter.cs"))
            .SkipWhile(l => !l.StartsWith("public sealed class", StringComparison.Ordinal))
            .Count(), 1, 29);

    [Fact]
    public async Task Yaml_names_the_sample()
    {
        var catalogue = Path.Combine(_folder.Root, "ark.yaml");
        File.Copy(Path.Combine(Fixture.Repository, "samples", "custom-adapter", "ark.yaml"), catalogue);
        using var services = new ServiceCollection()
            .AddArk()
            .AddDatasetAdapter<JsonLinesAdapter>("json-lines").Services
            .BuildServiceProvider();

        var dataset = services.GetRequiredService<ArkDatasets>().Create(DatasetCatalogue.Load(catalogue).Get("mine"));

        await AssertReads(dataset);
    }

    [Fact]
    public async Task Configuration_gives_the_same_dataset_in_a_host()
    {
        var json = """
            {"Ark": {"Datasets": {"mine": {"adapter": "json-lines", "data_dir": "images", "train_list": "train.jsonl", "val_list": "val.jsonl",
             "test_list": "test.jsonl", "diseases": ["Edema", "Effusion"], "task_type": "multi-label classification"}}}}
            """;
        var configuration = new ConfigurationBuilder().AddJsonStream(new MemoryStream(System.Text.Encoding.UTF8.GetBytes(json))).Build();
        using var services = new ServiceCollection().AddArk().AddDatasetAdapter<JsonLinesAdapter>("json-lines")
            .AddDatasets(configuration.GetSection("Ark:Datasets"), _folder.Root).Services.BuildServiceProvider();

        await AssertReads(Assert.Single(services.GetRequiredService<ArkDatasets>().GetRegistered()));
    }

    [Theory]
    [InlineData("""{"image": "a.png"}""")]
    [InlineData("""{"image": null, "findings": []}""")]
    [InlineData("null")]
    [InlineData("a.png Effusion")]
    public async Task Empty_lines_are_passed_over_and_what_is_no_row_is_named_by_its_line(string row)
    {
        var list = _folder.Write(
            "some.jsonl",
            "\n" + """{"image": "a.png", "findings": []}""" + "\n \n" + """{"image": "b.png", "findings": ["Edema"]}""" + "\n");
        var adapter = new JsonLinesAdapter(_folder.Definition("json-lines", list, LabelTask.MultiLabel, ["Edema", "Effusion"]));
        var samples = await adapter.ReadAsync(DatasetSplit.Train, TestContext.Current.CancellationToken);
        Assert.Equal([2, 4], samples.Select(s => s.Place!.Value.Line));
        File.AppendAllText(list, row + "\n");
        var error = await Assert.ThrowsAsync<ArkInputException>(async () => await adapter.ReadAsync(
            DatasetSplit.Train, TestContext.Current.CancellationToken));
        Assert.StartsWith($"{list}, line 5: ", error.Message, StringComparison.Ordinal);
    }

    private async Task AssertReads(ArkDataset dataset)
    {
        var samples = await dataset.Adapter.ReadAsync(DatasetSplit.Train, TestContext.Current.CancellationToken);
        Assert.Equal("mine", dataset.Name);
        Assert.Equal(["Edema", "Effusion"], dataset.Adapter.Labels.Names);
        Assert.Equal([Path.Combine(_folder.Images, "a.png"), Path.Combine(_folder.Images, "b.png")], samples.Select(s => s.Image.Name));
        Assert.Equal([[0, 1], [0, 0]], samples.Select(s => s.Targets));
        Assert.Equal(["7", null], samples.Select(s => s.PatientId));
    }
}
