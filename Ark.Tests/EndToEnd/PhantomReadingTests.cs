using Ark.Data;
using Ark.Phantom;

namespace Ark.Tests.EndToEnd;

/// <summary>The quick start's data goes the way of real data: files, catalogue, adapters, decoder, transform, loader.</summary>
public sealed class PhantomReadingTests
{
    [Fact]
    public async Task Every_phantom_dataset_is_read_from_disk_and_workers_change_no_bit()
    {
        using var folder = new DataFolder();
        var written = await PhantomDatasets.WriteAsync(
            Path.Combine(folder.Root, "phantom"),
            new() { Count = PhantomDatasetOptions.MinCount },
            cancellationToken: TestContext.Current.CancellationToken);
        var catalogue = DatasetCatalogue.Load(written.Catalogue);
        var images = 0;

        foreach (var dataset in catalogue.Select())
        {
            foreach (var split in Enum.GetValues<DatasetSplit>())
            {
                var samples = await DataFolder.Read(dataset, split);
                images += samples.Count;
                Assert.All(samples, s => Assert.Equal(dataset.Labels.Count, s.Targets.Length));
                var one = await Views(samples, workers: 1);
                Assert.DoesNotContain(one, v => !float.IsFinite(v));
                Assert.Equal(one, await Views(samples, workers: 4));
            }
        }

        Assert.Equal(4, catalogue.Datasets.Count);
        Assert.Equal(written.Images, images);
        Assert.NotEmpty(catalogue.Training);
    }

    private static async Task<List<float>> Views(IReadOnlyList<ImageSample> samples, int workers)
    {
        var loader = new BatchLoader(
            samples,
            new TrainingTransform(32, 32, AugmentationRecipe.ArkPlus),
            new NetVipsImageDecoder(),
            new() { BatchSize = 8, Workers = workers, Shuffle = true, Seed = 7 });
        var all = new List<float>();
        await foreach (var batch in loader.ReadAsync(1, TestContext.Current.CancellationToken))
        {
            using (batch) all.AddRange(batch.Images.AsSpan(0, batch.ImagesLength));
        }

        return all;
    }
}
