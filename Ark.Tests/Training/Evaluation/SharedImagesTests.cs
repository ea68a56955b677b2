using Ark.Data;
using Ark.Evaluation;
using Ark.Inference;

namespace Ark.Tests.Training;

/// <summary>What is said of lists whose figures would mislead, and of targets on which there are no figures.</summary>
public class SharedImagesTests(SmallModel small) : IClassFixture<SmallModel>
{
    private static readonly LabelSchema View = new(LabelTask.Binary, ["AP"]);

    [Fact]
    public async Task Calibration_and_probe_say_that_validation_and_test_are_the_same_images()
    {
        var samples = Samples(1, 0, 1, 0, 1, 0);
        var dataset = new ArkDataset("View", new PhantomPictures.Dataset(View, samples, [.. samples.Reverse()]));
        var said = new Said();
        using var model = LoadedModel.Load(small.Checkpoint);
        await new ArkCalibrator(new NetVipsImageDecoder()).CalibrateAsync(
            model, [dataset], progress: said, cancellationToken: TestContext.Current.CancellationToken);
        Assert.Contains(said.Warnings, w => w.Contains("View: val and test are the same images", StringComparison.Ordinal));

        said.Warnings.Clear();
        await new LinearProbe(new NetVipsImageDecoder()).ProbeAsync(
            dataset, [ProbeFeatures.Pixels], new ProbeOptions { Replicates = 0 }, said, TestContext.Current.CancellationToken);
        Assert.Contains(said.Warnings, w => w.Contains("validation and test are the same images", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Training_and_probe_refuse_soft_targets_in_the_test_split_before_they_begin()
    {
        var dataset = new ArkDataset("View", new PhantomPictures.Dataset(View, Samples(1, 0.4f, 0), Samples(1, 0, 0.7f)));
        await Assert.ThrowsAsync<ArkInputException>(() => PreparedDataset.ReadAsync([dataset], TestContext.Current.CancellationToken));
        await Assert.ThrowsAsync<ArkInputException>(() => new LinearProbe(new NetVipsImageDecoder()).ProbeAsync(
            dataset, [ProbeFeatures.Pixels], cancellationToken: TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Probe_takes_an_image_that_stands_in_two_rows_and_soft_targets_of_validation()
    {
        var twice = Samples(1, 0, 1, 0);
        var dataset = new ArkDataset("View", new PhantomPictures.Dataset(View, Samples(1, 0, 0.5f, 1, 0), [.. twice, twice[0]]));
        var probe = new LinearProbe(new NetVipsImageDecoder());
        var result = await probe.ProbeAsync(
            dataset,
            [ProbeFeatures.Pixels, ProbeFeatures.Pixels],
            new ProbeOptions { Replicates = 10 },
            cancellationToken: TestContext.Current.CancellationToken);
        Assert.Equal(5, result.Features[1].Comparison!.Images);
    }

    private static IReadOnlyList<ImageSample> Samples(params float[] targets) =>
        [.. targets.Select((t, i) => new ImageSample(
            new PhantomPictures.Picture($"image {i}", new NetVipsImageDecoder().Decode(SmallModel.Png(i), "image")), [t]))];

    private sealed class Said : IProgress<WorkProgress>
    {
        public List<string> Warnings { get; } = [];

        public void Report(WorkProgress value)
        {
            if (value.Warning is { } warning)
            {
                lock (Warnings) Warnings.Add(warning);
            }
        }
    }
}
