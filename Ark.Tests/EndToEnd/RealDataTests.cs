using Ark.Data;

namespace Ark.Tests.EndToEnd;

/// <summary>The real datasets that the sample describes are read as their publishers count them.</summary>
public sealed class RealDataTests
{
    [Theory]
    [InlineData("chestxray14", DatasetSplit.Train, 524, new[] { 49, 43, 85, 84, 17, 20, 5, 22, 27, 22, 19, 17, 15, 8 })]
    [InlineData("chestxray14", DatasetSplit.Validation, 80, new[] { 8, 5, 14, 13, 2, 3, 1, 2, 1, 0, 3, 2, 2, 0 })]
    [InlineData("chestxray14", DatasetSplit.Test, 198, new[] { 19, 20, 32, 33, 10, 8, 3, 9, 7, 5, 7, 7, 6, 1 })]
    [InlineData("chestxray14-view", DatasetSplit.Train, 524, new[] { 202 })]
    [InlineData("chestxray14-view", DatasetSplit.Validation, 80, new[] { 24 })]
    [InlineData("chestxray14-view", DatasetSplit.Test, 198, new[] { 69 })]
    [InlineData("pneumoniamnist", DatasetSplit.Train, 4708, new[] { 3494 })]
    [InlineData("pneumoniamnist", DatasetSplit.Validation, 524, new[] { 389 })]
    [InlineData("pneumoniamnist", DatasetSplit.Test, 624, new[] { 390 })]
    [InlineData("hannover", DatasetSplit.Train, 140, new[] { 30, 20, 90 })]
    [InlineData("hannover", DatasetSplit.Validation, 25, new[] { 4, 3, 18 })]
    [InlineData("hannover", DatasetSplit.Test, 44, new[] { 11, 8, 25 })]
    public async Task Images_and_positives_are_as_published(string dataset, DatasetSplit split, int images, int[] positives)
    {
        var samples = await DataFolder.Read(Sample().Get(dataset), split);

        Assert.Equal(images, samples.Count);
        Assert.Equal(positives, Enumerable.Range(0, positives.Length).Select(k => (int)samples.Sum(s => s.Targets[k])));
    }

    [Fact]
    public async Task An_archive_image_has_its_published_size()
    {
        var samples = await DataFolder.Read(Sample().Get("pneumoniamnist"), DatasetSplit.Test);

        var image = samples[^1].Image.Load(new NoDecoder());

        Assert.Equal((28, 28, 1), (image.Width, image.Height, image.Channels));
    }

    [Fact]
    public async Task A_csv_gives_what_the_list_gives_and_the_patients_too()
    {
        var folder = Fixture.RealDataPathOf("hannover");
        var list = await DataFolder.Read(Sample().Get("hannover"), DatasetSplit.Test);
        var definition = Sample().Get("hannover") with
        {
            Adapter = "csv",
            TestList = Path.Combine(folder, "test.csv"),
            Settings = new Dictionary<string, string>(StringComparer.Ordinal) { ["patient_column"] = "patient_id" },
        };

        var csv = await DataFolder.Read(definition, DatasetSplit.Test);

        Assert.Equal(
            list.Select(s => (s.Image.Name, string.Join(',', s.Targets))), csv.Select(s => (s.Image.Name, string.Join(',', s.Targets))));
        Assert.Equal(16, csv.Select(s => s.PatientId).Distinct(StringComparer.Ordinal).Count());
    }

    private static DatasetCatalogue Sample()
    {
        var data = Fixture.RealDataPathOf();
        return DatasetCatalogue.Load(
            Path.Combine(Fixture.Repository, "samples", "real-data", "ark.yaml"),
            Fixture.Repository,
            name => name == "ARK_DATA" ? data : null);
    }
}
