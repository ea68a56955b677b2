using System.Text.Json.Nodes;
using Ark.Data;
using Ark.Evaluation;
using Ark.Inference;
using Ark.Models;
using Ark.Training;
using static TorchSharp.torch;

namespace Ark.Tests.Training;

public class SegmentationTrainerTests(MaskedPhantom phantom) : IClassFixture<MaskedPhantom>
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(UperNetDecoder.Detailed, OptimizerKind.AdamW, SegmentationLoss.DiceCrossEntropy)]
    [InlineData(UperNetDecoder.Published, OptimizerKind.Momentum, SegmentationLoss.Dice)]
    public async Task Run_that_is_cancelled_within_an_epoch_and_resumed_ends_bit_identical_to_one_that_was_not(
        UperNetDecoder decoder, OptimizerKind optimizer, SegmentationLoss loss)
    {
        void Set(SegmentationOptions o) =>
            (o.Decoder, o.Optimizer, o.Loss, o.BatchSize, o.LearningRate) = (decoder, optimizer, loss, 12, 0.002);
        await phantom.TrainAsync(phantom.Run($"whole-{decoder}", Set), cancellationToken: Cancellation);
        var run = phantom.Run($"stopped-{decoder}", Set);
        using var source = new CancellationTokenSource();
        // The first report comes at once, whatever the clock: after the first step.
        var stop = new Reaction(p =>
        {
            if (p.Phase == TrainingPhase.Training && p.Message is null) source.Cancel();
        });
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => phantom.TrainAsync(run, stop, source.Token));
        var position = (PickleDictionary)((PickleDictionary)new RunFiles(run.Directory).Root()["ark"]!)["position"]!;
        Assert.Equal((0L, 1L), (position["epoch"], position["step"]));
        await phantom.TrainAsync(run with { Resume = true }, cancellationToken: Cancellation);
        AssertSame(new RunFiles(phantom.PathOf($"whole-{decoder}")), new RunFiles(run.Directory));
    }

    [Fact]
    public async Task Run_that_is_killed_between_epochs_goes_on_from_the_last_one()
    {
        await phantom.TrainAsync(phantom.Run("whole-killed", o => o.Epochs = 3), cancellationToken: Cancellation);
        var run = phantom.Run("killed", o => o.Epochs = 3);
        await Assert.ThrowsAsync<Reaction.KilledException>(() => phantom.TrainAsync(run, Reaction.KillAfterEnds(2), Cancellation));
        await phantom.TrainAsync(run with { Resume = true }, cancellationToken: Cancellation);
        AssertSame(new RunFiles(phantom.PathOf("whole-killed")), new RunFiles(run.Directory));
    }

    [Fact]
    public async Task Resume_refuses_other_options_and_other_images_and_needs_the_initial_weights_no_more()
    {
        var teacher = phantom.PathOf("borrowed.safetensors");
        File.Copy(Fixture.PathOf("phantom_teacher", "teacher.safetensors"), teacher);
        void Set(SegmentationOptions o) => (o.InitialWeights, o.Architecture, o.ImageSize) = (teacher, null, 64);
        await phantom.TrainAsync(phantom.Run("whole-borrowed", Set), cancellationToken: Cancellation);
        var run = phantom.Run("borrowed", Set);
        await Assert.ThrowsAsync<Reaction.KilledException>(() => phantom.TrainAsync(run, Reaction.KillAfterEnds(2), Cancellation));
        File.Delete(teacher);
        Assert.True(File.Exists(new RunFiles(run.Directory).Checkpoint()));

        var other = phantom.Run(
            "borrowed", o => (o.InitialWeights, o.Architecture, o.ImageSize, o.Optimizer) = (teacher, null, 64, OptimizerKind.Momentum));
        var refusal = await Assert.ThrowsAsync<ArkInputException>(() => phantom.TrainAsync(
            other with { Resume = true }, cancellationToken: Cancellation));
        Assert.Contains("option 'opt'", refusal.Message, StringComparison.Ordinal);
        var fewer = run with
        {
            Resume = true,
            Dataset = run.Dataset with { Adapter = new Changed(run.Dataset.Adapter, s => [.. s.SkipLast(1)]) }
        };
        refusal = await Assert.ThrowsAsync<ArkInputException>(() => phantom.TrainAsync(fewer, cancellationToken: Cancellation));
        Assert.Contains("'PhantomSegmentation': has other images", refusal.Message, StringComparison.Ordinal);

        await phantom.TrainAsync(run with { Resume = true }, cancellationToken: Cancellation);
        AssertSame(new RunFiles(phantom.PathOf("whole-borrowed")), new RunFiles(run.Directory));
    }

    [Theory]
    [InlineData(SegmentationLoss.Dice)]
    [InlineData(SegmentationLoss.DiceCrossEntropy)]
    public async Task What_stands_in_pixels_that_are_left_out_changes_nothing(SegmentationLoss loss)
    {
        // Every third image is left out as a whole, the left half of the others.
        async Task<RunFiles> Trained(string name, uint inverted)
        {
            var run = phantom.Run($"{name}-{loss}", o => o.Loss = loss);
            var adapter = new Changed(run.Dataset.Adapter, s => [.. s.Select((sample, i) =>
                sample with { Masks = new Hidden(sample.Masks, (x, width) => i % 3 == 0 || x < width / 2, inverted) })]);
            await phantom.TrainAsync(run with { Dataset = run.Dataset with { Adapter = adapter } }, cancellationToken: Cancellation);
            return new RunFiles(run.Directory);
        }

        var (one, other) = (await Trained("hidden", 0), await Trained("hidden-otherwise", uint.MaxValue));
        AssertSame(one, other);
        foreach (var line in one.Metrics().Select(l => JsonNode.Parse(l)!))
        {
            foreach (var key in (string[])["loss", "task_loss", "mean_dice"])
                Assert.True(!line.AsObject().ContainsKey(key) || line[key] is not null, line.ToJsonString());
        }
    }

    [Fact]
    public async Task Steps_of_which_every_pixel_is_left_out_are_made_with_the_loss_0()
    {
        var run = phantom.Run("all hidden", o => (o.Epochs, o.Loss) = (1, SegmentationLoss.DiceCrossEntropy));
        var adapter = new Changed(
            run.Dataset.Adapter, s => [.. s.Select(sample => sample with { Masks = new Hidden(sample.Masks, (_, _) => true, 0) })]);
        var result = await phantom.TrainAsync(
            run with { Dataset = run.Dataset with { Adapter = adapter } }, cancellationToken: Cancellation);
        Assert.Equal((0, double.NaN), (result.ValidationLoss, result.Test.MeanDice));
        using var model = LoadedSegmenter.Load(result.Checkpoint);
        Assert.Equal(4, model.Structures.Count);
    }

    [Fact]
    public async Task Training_and_loading_that_throw_leave_no_tensor()
    {
        var data = await PreparedSegmentation.ReadAsync(phantom.Dataset(), Cancellation);
        var run = phantom.Run("thrown");
        var description = run.Options.Describe(data.Structures);
        using var directory = RunDirectory.Open(run.Directory, resume: false);
        RecordedRun Session(bool resume = false, Action<SegmentationOptions>? change = null)
        {
            var options = run.Options.Clone();
            change?.Invoke(options);
            var source = new BatchSource(new NetVipsImageDecoder(), options.BatchSize, options.Workers, options.BadImages, options.Seed);
            return RecordedRun.Of(
                new SegmentationTask(options, data, description, !resume, source, new ProgressReporter(null)), options, directory, resume);
        }

        var other = phantom.PathOf("thrown.safetensors");
        using (var weight = zeros(7)) Safetensors.Save(
            other, [KeyValuePair.Create("norm.weight", weight), KeyValuePair.Create("norm.bias", weight)]);
        LiveTensors.AssertNoneLeft<ArkInputException>(() => Session(change: o => o.InitialWeights = other));
        LiveTensors.AssertNoneLeft<ArkInputException>(() => Session(change: o => o.InitialWeights = "missing.pth"));
        Assert.Equal(0, LiveTensors.LeftBy(() => Session().Dispose()));
        Assert.InRange(LiveTensors.LeftBy(() => Session()), 20, long.MaxValue);

        File.Copy(Path.Combine(phantom.PathOf("trained"), "checkpoints", "last.pth.tar"), directory.LastCheckpoint);
        // The checkpoint counts on metrics that are not there.
        LiveTensors.AssertNoneLeft<ArkInputException>(() => Session(resume: true));
        File.WriteAllBytes(directory.LastCheckpoint, File.ReadAllBytes(directory.LastCheckpoint)[..^3000]);
        LiveTensors.AssertNoneLeft<CheckpointException>(() => Session(resume: true));
        LiveTensors.AssertNoneLeft<CheckpointException>(() => LoadedSegmenter.Load(directory.LastCheckpoint));
        LiveTensors.AssertNoneLeft<ArkInputException>(() => LoadedSegmenter.Load(other));
        Assert.Equal(0, LiveTensors.LeftBy(() => LoadedSegmenter.Load(phantom.Checkpoint).Dispose()));
    }

    [Fact]
    public async Task Training_refuses_what_only_an_adapter_of_the_users_own_can_give()
    {
        var run = phantom.Run("own");
        async Task<string> Refusal(Changed adapter) =>
            (await Assert.ThrowsAsync<ArkInputException>(() => phantom.TrainAsync(
                run with { Dataset = run.Dataset with { Adapter = adapter } }, cancellationToken: Cancellation))).Message;
        Assert.Contains(
            "33 structures",
            await Refusal(new Changed(run.Dataset.Adapter, s => s) { Structures = [.. Enumerable.Range(0, 33).Select(i => $"s{i}")] }),
            StringComparison.Ordinal);
        Assert.Contains("no image in its", await Refusal(new Changed(run.Dataset.Adapter, _ => [])), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("img_size", 1_000_000L, "which no training makes")]
    [InlineData("img_size", 0L, "which no training makes")]
    [InlineData("window_size", 4096L, "much larger than the file")]
    [InlineData("embed_dim", 1L << 30, "much larger than the file")]
    [InlineData("width", 1L << 20, "much larger than the file")]
    public void A_checkpoint_that_describes_a_much_larger_network_than_it_holds_is_refused_before_it_is_built(
        string key, long value, string words)
    {
        using var scope = NewDisposeScope();
        var path = phantom.PathOf($"inflated-{key}-{value}.pth.tar");
        PyTorchFile.Save(path, With((PickleDictionary)PyTorchFile.Load(phantom.Checkpoint)!, ["ark", "model", key], value));
        var error = Assert.Throws<ArkInputException>(() => LoadedSegmenter.Load(path));
        Assert.Contains(words, error.Message, StringComparison.Ordinal);

        static PickleDictionary With(PickleDictionary values, ReadOnlySpan<string> keys, object? value)
        {
            var changed = new PickleDictionary(values.TypeName);
            foreach (var (name, old) in values) changed.Add(
                name, !name.Equals(keys[0]) ? old : keys.Length == 1 ? value : With((PickleDictionary)old!, keys[1..], value));
            return changed;
        }
    }

    [Fact]
    public void Run_directory_holds_configuration_metrics_report_and_checkpoints()
    {
        var folder = phantom.PathOf("trained");
        var config = JsonNode.Parse(File.ReadAllText(Path.Combine(folder, "config.json")))!;
        Assert.Equal("segmentation", (string)config["kind"]!);
        Assert.Equal(["lungs", "heart", "clavicles", "ribs"], config["datasets"]![0]!["structures"]!.AsArray().Select(s => (string)s!));
        var metrics = File.ReadLines(Path.Combine(folder, "metrics.jsonl")).Select(l => JsonNode.Parse(l)!).ToList();
        Assert.Equal(["pass", "validation", "pass", "validation", "segmentation"], metrics.Select(m => (string)m["event"]!));
        Assert.True((double)metrics[3]["loss"]! < (double)metrics[1]["loss"]!);
        var report = File.ReadAllText(Path.Combine(folder, "report.html"));
        Assert.Contains("Dice on validation", report, StringComparison.Ordinal);
        Assert.Contains("<th scope=\"row\">clavicles<td class=\"best\">0.", report, StringComparison.Ordinal);
        Assert.True(File.Exists(phantom.Checkpoint));
    }

    [Fact]
    public async Task Backbone_is_taken_from_a_teacher_of_Ark_and_the_report_says_so()
    {
        var teacher = Fixture.PathOf("phantom_teacher", "teacher.safetensors");
        var messages = new List<string>();
        void Set(SegmentationOptions o) =>
            (o.InitialWeights, o.Architecture, o.ImageSize, o.Epochs, o.LearningRate) = (teacher, null, 64, 1, 1e-12);
        var run = phantom.Run("initialised", Set);
        await phantom.TrainAsync(run, new Reaction(p => messages.Add(p.Message ?? "")), Cancellation);
        Assert.Contains(
            messages, m => m.StartsWith("backbone from ", StringComparison.Ordinal) && m.Contains("loaded ", StringComparison.Ordinal));
        using var scope = NewDisposeScope();
        var stored = CheckpointFile.LoadStateDict(teacher);
        var trained = CheckpointFile.LoadStateDict(new RunFiles(run.Directory).Checkpoint());
        foreach (var (name, value) in stored.Where(s => s.Value.is_floating_point() && trained.ContainsKey("backbone." + s.Key)))
            Assert.True(trained["backbone." + name].allclose(value.to(ScalarType.Float32), atol: 1e-6), name);
        static bool IsArks(string name) =>
            name.StartsWith("projector.", StringComparison.Ordinal) || name.StartsWith("omni_heads.", StringComparison.Ordinal);
        Assert.Equal([], stored.Keys.Where(k => !IsArks(k) && !trained.ContainsKey("backbone." + k)));
    }

    [Fact]
    public async Task Workers_and_cache_change_no_bit_of_a_training()
    {
        var cache = phantom.PathOf("cache");
        await phantom.TrainAsync(phantom.Run("cached", o => (o.Workers, o.CacheDirectory) = (3, cache)), cancellationToken: Cancellation);
        AssertSame(new RunFiles(phantom.PathOf("trained")), new RunFiles(phantom.PathOf("cached")));
        using var kept = new ImageCache(cache);
        var data = await PreparedSegmentation.ReadAsync(phantom.Dataset(), Cancellation);
        Assert.Equal(data.Train.Count + data.Validation.Count, kept.Count);
    }

    [Fact]
    public async Task Bad_images_and_masks_are_left_out_of_every_split_and_reported_when_the_policy_is_to_skip()
    {
        var run = phantom.Run("skipping", o => (o.BadImages, o.Epochs) = (BadImagePolicy.Skip, 1));
        IReadOnlyList<SegmentationSample> Spoil(IReadOnlyList<SegmentationSample> samples) =>
        [
            samples[0] with { Image = new ImageFile(phantom.PathOf("missing-" + Path.GetFileName(samples[0].Image.Name))) },
            samples[1] with { Masks = new Damaged(samples[1].Masks) },
            .. samples.Skip(2),
        ];
        var warnings = new List<string>();
        var reaction = new Reaction(p =>
        {
            if (p is { IsWarning: true, Message: { } message }) warnings.Add(message);
        });

        var dataset = run.Dataset with { Adapter = new Changed(run.Dataset.Adapter, Spoil) };
        var result = await phantom.TrainAsync(run with { Dataset = dataset }, reaction, Cancellation);

        var data = await PreparedSegmentation.ReadAsync(run.Dataset, Cancellation);
        string[] masks = [.. new[] { data.Train, data.Validation, data.Test }.Select(s => s[1].Image.Name)];
        Assert.Equal(6, result.SkippedImages.Count);
        Assert.All(masks, m => Assert.Contains(
            result.SkippedImages, s => s.StartsWith(m, StringComparison.Ordinal) && s.Contains("is damaged", StringComparison.Ordinal)));
        Assert.Equal(3, result.SkippedImages.Count(s => s.Contains("missing-", StringComparison.Ordinal)));
        Assert.Equal(result.SkippedImages.Select(s => $"left out {s}"), warnings);
        Assert.Equal(data.Test.Count - 2, result.Test.Images);
    }

    [Fact]
    public async Task A_bad_mask_stops_a_run_that_names_file_and_dataset_and_goes_on_once_it_is_repaired()
    {
        var run = phantom.Run("damaged");
        var damage = new List<Damaged>();
        IReadOnlyList<SegmentationSample> Spoil(IReadOnlyList<SegmentationSample> samples)
        {
            damage.Add(new Damaged(samples[^1].Masks));
            return [.. samples.SkipLast(1), samples[^1] with { Masks = damage[^1] }];
        }

        var dataset = run.Dataset with { Adapter = new Changed(run.Dataset.Adapter, Spoil) };
        var error = await Assert.ThrowsAsync<ArkInputException>(() =>
            phantom.TrainAsync(run with { Dataset = dataset }, cancellationToken: Cancellation));
        Assert.Equal(damage[0].Name, error.InputSource);
        Assert.Contains("is damaged (an image of 'PhantomSegmentation')", error.Message, StringComparison.Ordinal);

        await phantom.TrainAsync(run with { Resume = true }, cancellationToken: Cancellation);
        AssertSame(new RunFiles(phantom.PathOf("trained")), new RunFiles(run.Directory));
    }

    [Fact]
    public async Task Training_refuses_a_folder_that_holds_a_run()
    {
        var error = await Assert.ThrowsAsync<ArkInputException>(() => phantom.TrainAsync(
            phantom.Run("trained"), cancellationToken: Cancellation));
        Assert.Contains("'Resume'", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Training_refuses_a_size_that_leaves_half_a_token()
    {
        var error = await Assert.ThrowsAsync<ArkInputException>(() => phantom.TrainAsync(
            phantom.Run("odd", o => o.ImageSize = 40), cancellationToken: Cancellation));
        Assert.Contains("multiple of 16", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Classification_refuses_a_segmentation_network_and_names_the_command()
    {
        var error = Assert.Throws<ArkInputException>(() => LoadedModel.Load(phantom.Checkpoint));
        Assert.Contains("IArkSegmenter", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Segmentation_refuses_a_file_of_another_kind()
    {
        var error = Assert.Throws<ArkInputException>(() => LoadedSegmenter.Load(
            Fixture.PathOf("09_checkpoints", "..", "phantom_teacher", "teacher.safetensors")));
        Assert.Contains("teacher.safetensors", error.Message, StringComparison.Ordinal);
    }

    private sealed class Changed(
        ISegmentationAdapter adapter,
        Func<IReadOnlyList<SegmentationSample>, IReadOnlyList<SegmentationSample>> change) : ISegmentationAdapter
    {
        public IReadOnlyList<string> Structures { get; init; } = adapter.Structures;

        public async ValueTask<IReadOnlyList<SegmentationSample>> ReadAsync(
            DatasetSplit split, CancellationToken cancellationToken = default) => change(await adapter.ReadAsync(split, cancellationToken));
    }

    /// <summary>Masks of which some columns are left out, with bits changed there.</summary>
    private sealed class Hidden(MaskSource masks, Func<int, int, bool> hides, uint changed) : MaskSource
    {
        public override string Name => masks.Name;

        internal override IEnumerable<(string Name, float[] Values)> Origin => masks.Origin;

        public override StructureMap Load(IImageDecoder decoder, int width, int height)
        {
            var map = masks.Load(decoder, width, height);
            for (var i = 0; i < map.Pixels.Length; i++)
            {
                if (!hides(i % width, width)) continue;
                map.Pixels[i] ^= changed;
                for (var k = 0; k < 4; k++) map.Ignore(k, i);
            }

            return map;
        }
    }

    private sealed class Damaged(MaskSource masks) : MaskSource
    {
        public override string Name => masks.Name;

        internal override IEnumerable<(string Name, float[] Values)> Origin => masks.Origin;

        public override StructureMap Load(IImageDecoder decoder, int width, int height) =>
            throw new ArkInputException(Name, null, "is damaged");
    }

    private static void AssertSame(RunFiles expected, RunFiles actual)
    {
        static IEnumerable<string> Lines(RunFiles files) => files.Metrics().Select(l =>
        {
            var line = JsonNode.Parse(l)!.AsObject();
            line.Remove("checkpoint");
            return line.ToJsonString();
        });
        Assert.Equal(Lines(expected), Lines(actual));
        foreach (var key in (string[])["state_dict", "optimizer"]) RunFiles.AssertSame(key, expected.Root()[key], actual.Root()[key]);
    }
}
