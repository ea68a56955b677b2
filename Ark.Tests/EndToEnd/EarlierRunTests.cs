using System.Formats.Tar;
using System.IO.Compression;
using System.Text.Json.Nodes;
using Ark.Data;
using Ark.Evaluation;
using Ark.Models;
using Ark.Training;
using Microsoft.Extensions.DependencyInjection;

namespace Ark.Tests.EndToEnd;

/// <summary>
/// Runs that an earlier version began and left (see <c>Fixtures/earlier_runs/README.md</c>) go on, and come to what that version came to.
/// </summary>
public sealed class EarlierRunTests : IAsyncDisposable
{
    private static readonly LabelSchema Findings = new(LabelTask.MultiLabel, ["Edema", "Effusion", "Nodule"]);
    private static readonly LabelSchema Triage = new(LabelTask.MultiClass, ["Normal", "Other", "Opacity"]);

    private readonly ServiceProvider _services = new ServiceCollection().AddArk().AddTraining().Services.BuildServiceProvider();
    private readonly string _folder = Path.Combine(Path.GetTempPath(), "ark-tests-" + Guid.NewGuid().ToString("N"));

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask DisposeAsync()
    {
        await _services.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task Pretraining_that_was_stopped_within_a_pass_goes_on_with_its_next_step()
    {
        await UnpackAsync("pretraining");
        var options = TrainingOptions.ForRecipe(TrainingRecipe.ArkPlus);
        options.Architecture = "swin_mini";
        options.ImageSize = 32;
        options.ProjectorFeatures = 16;
        options.Epochs = 3;
        options.WarmupEpochs = 0;
        options.BatchSize = 2;
        options.EvaluationInterval = 1;
        options.EmaMode = EmaMode.Iteration;
        options.CheckpointSteps = 1;
        options.LogInterval = 1;
        options.Workers = 1;
        options.LearningRate = 1e-3;
        options.PixelBaseline = false;
        options.MaxCheckpoints = 1;
        options.Seed = 3;
        await _services.GetRequiredService<IArkTrainer>().TrainAsync(
            new TrainingRun
            {
                Datasets =
                [
                    new ArkDataset("Findings", new Noise("findings", Findings)), new ArkDataset("Triage", new Noise("triage", Triage))
                ],
                Options = options,
                Directory = _folder,
                Resume = true,
            },
            cancellationToken: Cancellation);
        AssertMetrics("pretraining");
    }

    [Fact]
    public async Task Fine_tuning_that_was_stopped_in_its_second_trial_keeps_the_first_and_makes_the_second()
    {
        await UnpackAsync("finetuning");
        var options = new FineTuningOptions
        {
            Architecture = "swin_mini",
            ImageSize = 32,
            Epochs = 2,
            BatchSize = 2,
            Trials = 2,
            Workers = 1,
            WarmupEpochs = 0,
            Seed = 4,
        };
        var dataset = new ArkDataset("Findings", new Noise("findings", Findings));
        var run = new FineTuningRun { Dataset = dataset, Options = options, Directory = _folder, Resume = true };
        var result = await _services.GetRequiredService<FineTuner>().FineTuneAsync(run, cancellationToken: Cancellation);
        AssertHolds(
            "results",
            JsonNode.Parse(await File.ReadAllTextAsync(Expected("finetuning", "json"), Cancellation)),
            JsonNode.Parse(result.ToJson().ToJsonString()));
    }

    [Fact]
    public async Task Segmentation_that_was_stopped_after_an_epoch_goes_on_with_the_next()
    {
        await UnpackAsync("segmentation");
        var options = new SegmentationOptions
        {
            Architecture = "swin_mini",
            ImageSize = 64,
            Epochs = 3,
            BatchSize = 2,
            Workers = 1,
            WarmupEpochs = 0,
            Seed = 5,
            Decoder = UperNetDecoder.Detailed,
            Width = 8,
            LearningRate = 1e-3,
        };
        await _services.GetRequiredService<SegmentationTrainer>().TrainAsync(
            new SegmentationRun
            {
                Dataset = new SegmentationDataset("Boxes", new Boxes()),
                Directory = _folder,
                Resume = true,
                Options = options,
            },
            cancellationToken: Cancellation);
        AssertMetrics("segmentation");
    }

    private static string Expected(string run, string extension) => Fixture.PathOf("earlier_runs", $"{run}.expected.{extension}");

    private async Task UnpackAsync(string run)
    {
        Directory.CreateDirectory(_folder);
        await using var packed = File.OpenRead(Fixture.PathOf("earlier_runs", run + ".tar.br"));
        await using var tar = new BrotliStream(packed, CompressionMode.Decompress);
        await TarFile.ExtractToDirectoryAsync(tar, _folder, overwriteFiles: false, Cancellation);
    }

    private void AssertMetrics(string run)
    {
        var expected = File.ReadLines(Expected(run, "jsonl")).Select(l => JsonNode.Parse(l)!).ToList();
        var actual = File.ReadLines(Path.Combine(_folder, "metrics.jsonl")).Select(l => JsonNode.Parse(l)!).ToList();
        Assert.Equal(expected.Count, actual.Count);
        foreach (var (i, line) in expected.Index()) AssertHolds($"line {i + 1}", line, actual[i]);
    }

    // Fields may have been added since. Figures differ by what processors differ by in the order of sums.
    private static void AssertHolds(string place, JsonNode? expected, JsonNode? actual)
    {
        switch (expected)
        {
            case JsonObject fields:
                foreach (var (key, value) in fields) AssertHolds($"{place}.{key}", value, actual![key]);
                break;
            case JsonArray items:
                Assert.Equal(items.Count, actual!.AsArray().Count);
                foreach (var (i, item) in items.Index()) AssertHolds($"{place}[{i}]", item, actual[i]);
                break;
            case JsonValue number when number.GetValueKind() == System.Text.Json.JsonValueKind.Number:
                var (wanted, found) = ((double)number, (double)actual!);
                Assert.True(
                    Math.Abs(wanted - found) <= 1e-4 * Math.Max(1e-3, Math.Abs(wanted)), $"{place}: {found}, where it was {wanted}");
                break;
            default:
                Assert.True(JsonNode.DeepEquals(expected, actual), $"{place}: {actual}, where it was {expected}");
                break;
        }
    }

    private sealed class Noise(string name, LabelSchema labels) : IDatasetAdapter
    {
        public LabelSchema Labels => labels;

        public ValueTask<IReadOnlyList<ImageSample>> ReadAsync(DatasetSplit split, CancellationToken cancellationToken = default) =>
            ValueTask.FromResult<IReadOnlyList<ImageSample>>([.. Enumerable.Range(0, 6).Select(i =>
                new ImageSample(
                    new Picture($"{name}/{split}/{i}", (ulong)((name.Length * 100) + ((int)split * 10) + i), 40), Targets(i)))]);

        private float[] Targets(int i) =>
            [.. Enumerable.Range(0, labels.Count).Select(l => labels.Task == LabelTask.MultiClass
                ? (l == i % labels.Count ? 1f : 0f)
                : (i >> l) & 1)];
    }

    private sealed class Picture(string name, ulong seed, int side) : ImageSource
    {
        public override string Name => name;

        public override RasterImage Load(IImageDecoder decoder)
        {
            var random = new RandomStream(seed);
            var pixels = new byte[side * side];
            foreach (ref var pixel in pixels.AsSpan()) pixel = (byte)random.NextInt32(256);
            return new RasterImage(side, side, 1, pixels);
        }
    }

    private sealed class Boxes : ISegmentationAdapter
    {
        public IReadOnlyList<string> Structures => ["left", "right"];

        public ValueTask<IReadOnlyList<SegmentationSample>> ReadAsync(DatasetSplit split, CancellationToken cancellationToken = default) =>
            ValueTask.FromResult<IReadOnlyList<SegmentationSample>>([.. Enumerable.Range(0, 4).Select(i =>
                new SegmentationSample(new Picture($"boxes/{split}/{i}", (ulong)(900 + ((int)split * 10) + i), 64), new Halves()))]);
    }

    private sealed class Halves : MaskSource
    {
        public override string Name => "halves";

        public override StructureMap Load(IImageDecoder decoder, int width, int height)
        {
            var map = new StructureMap(width, height);
            for (var i = 0; i < width * height; i++)
            {
                if (i / width > height / 4) map.Add(i % width < width / 2 ? 0 : 1, i);
            }

            return map;
        }
    }
}
