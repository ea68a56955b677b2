using System.Text.Json.Nodes;
using Ark.Inference;
using Ark.Models;
using Ark.Training;

namespace Ark.Tests.Training;

public class MaskedImageTaskTests(PhantomFixture phantom) : IClassFixture<PhantomFixture>
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Loss_falls_and_the_run_leaves_what_other_runs_leave()
    {
        var run = Run("falls", o => (o.Epochs, o.LearningRate) = (8, 2e-3));
        var result = await phantom.TrainAsync(run, cancellationToken: Cancellation);
        var files = new RunFiles(run.Directory!);
        var lines = files.Metrics().Select(l => JsonNode.Parse(l)!).ToList();
        double[] losses = [.. lines.Where(l => (string?)l["event"] == "validation" && (string?)l["dataset"] == "PhantomView")
            .Select(l => (double)l["loss"]!)];
        Assert.Equal(8, losses.Length);
        Assert.True(losses[^1] < 0.8 * losses[0], $"{losses[0]} became {losses[^1]}.");
        Assert.Empty(result.Evaluations);
        Assert.Empty(result.PixelBaselines);
        var means = lines.Where(l => (string?)l["event"] == "validation").GroupBy(l => (int)l["epoch"]!)
            .Select(g => g.Average(l => (double)l["loss"]!)).ToList();
        Assert.Equal((means.Min(), means.IndexOf(means.Min()) + 1), (result.ValidationLoss, result.BestEpoch));
        Assert.Equal(["epoch", "lossMIN", "state_dict", "reconstruction", "optimizer", "scheduler", "ark"], files.Root("best").Keys);
        Assert.True(Directory.EnumerateFiles(Path.Combine(files.Folder, "tensorboard")).Any());
        var report = File.ReadAllText(Path.Combine(files.Folder, "report.html"));
        Assert.Contains("masked image modeling over 2 datasets", report, StringComparison.Ordinal);
        Assert.DoesNotContain("AUROC", report, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(TaskOrder.Concurrent, "all")]
    [InlineData(TaskOrder.Shuffled, "PhantomView")]
    public async Task Run_that_is_killed_within_a_pass_ends_bit_identical_to_one_that_was_not(TaskOrder order, string pass)
    {
        void Set(TrainingOptions o) => (o.TaskOrder, o.BatchSize, o.CheckpointSteps, o.LogInterval, o.DropPathRate) = (order, 4, 1, 1, 0.2);
        var whole = Run($"whole-{order}", Set);
        await phantom.TrainAsync(whole, cancellationToken: Cancellation);

        var run = Run($"killed-{order}", Set);
        var killed = Reaction.KillAtFirst(p => p is { Phase: TrainingPhase.Training, Epoch: 2, Step: 2 } && p.Dataset == pass);
        await Assert.ThrowsAsync<Reaction.KilledException>(() => phantom.TrainAsync(run, killed, Cancellation));
        var position = (PickleDictionary)((PickleDictionary)new RunFiles(run.Directory!).Root()["ark"]!)["position"]!;
        Assert.True((long)position["step"]! > 0);
        await phantom.TrainAsync(run with { Resume = true }, cancellationToken: Cancellation);
        new RunFiles(run.Directory!).AssertSameAs(new RunFiles(whole.Directory!));
    }

    [Fact]
    public async Task Run_with_other_workers_or_a_cache_ends_bit_identical()
    {
        var one = await TrainAsync("one-worker", o => o.Workers = 1);
        (await TrainAsync("four-workers", o => (o.Workers, o.CacheDirectory) = (4, Path.Combine(phantom.Folder, "masked-cache"))))
            .AssertSameAs(one);
    }

    [Fact]
    public async Task Masks_do_not_depend_on_batches()
    {
        // At a rate of zero the weights stay, so that every loss is one of the same network: what is hidden must be the same.
        static void Still(TrainingOptions o) => (o.Epochs, o.LearningRate, o.MinimumLearningRate) = (1, 0, 0);
        var whole = Losses(await TrainAsync("batch-16", Still));
        AssertSame(whole, Losses(await TrainAsync("batch-5", o =>
        {
            Still(o);
            o.BatchSize = 5;
        })));
        AssertSame(whole, Losses(await TrainAsync("parts", o =>
        {
            Still(o);
            (o.GradientAccumulationSteps, o.GradientCheckpointing) = (3, true);
        })));
        // Other masks show in the loss.
        var other = Losses(await TrainAsync("other-masks", o =>
        {
            Still(o);
            o.MaskRatio = 0.4;
        }));
        Assert.NotEqual(whole[1], other[1], 1e-4);
    }

    [Fact]
    public async Task Parts_of_a_step_add_up_to_the_whole_step()
    {
        static void Set(TrainingOptions o) => (o.Epochs, o.Optimizer, o.LearningRate) = (1, OptimizerKind.Momentum, 0.05);
        var whole = Losses(await TrainAsync("whole-step", Set));
        AssertSame(whole, Losses(await TrainAsync("parts-step", o =>
        {
            Set(o);
            o.GradientAccumulationSteps = 3;
        })), 1e-4);
    }

    [Fact]
    public async Task Checkpoint_is_a_start_for_accrual_for_fine_tuning_and_for_features()
    {
        var start = await TrainAsync("start", o => o.Epochs = 1);
        var best = start.Checkpoint("best");
        var trained = Backbone(start.Root("best"), "state_dict");

        // A rate of zero and a teacher that does not move leave what was loaded.
        var accrual = phantom.Run("accrual", o => (o.Epochs, o.LearningRate, o.MinimumLearningRate, o.TeacherMomentum, o.InitialWeights,
            o.PixelBaseline) = (1, 0, 0, 1, best, false), PhantomFixture.Small);
        await phantom.TrainAsync(accrual, cancellationToken: Cancellation);
        var root = new RunFiles(accrual.Directory!).Root();
        foreach (var key in (string[])["state_dict", "teacher"])
        {
            var backbone = Backbone(root, key);
            Assert.All(trained, t => RunFiles.AssertSame(t.Key, t.Value, backbone[t.Key]));
        }

        var fineTuning = new FineTuningOptions { InitialWeights = best, ImageSize = 32 };
        var configuration = FineTuningModels.Configure(fineTuning, "View", new LabelSchema(LabelTask.Binary, ["AP"]));
        using var model = FineTuningModels.Build(configuration, fineTuning, seed: 1, out _);
        RunFiles.AssertSame("patch", trained["patch_embed.proj.weight"], model.state_dict()["patch_embed.proj.weight"]);

        using var plain = SwinTransformer.Load(best);
        RunFiles.AssertSame("patch", trained["patch_embed.proj.weight"], plain.state_dict()["patch_embed.proj.weight"]);
        using var features = LoadedModel.Load(
            best, ModelRole.Teacher, "cpu", InferencePrecision.Fp32, nestedKey: null, options: null, imageSize: null, orBackbone: true);
        Assert.Equal((32, 0), (features.Description.ImageSize, features.Description.Heads.Count));
        RunFiles.AssertSame("norm", trained["norm.weight"], features.Model.state_dict()["norm.weight"]);
    }

    [Fact]
    public async Task Run_begins_with_initial_weights_and_in_bfloat16_learns_too()
    {
        var start = await TrainAsync("first", o => o.Epochs = 1);
        var second = await TrainAsync("second", o => (o.Epochs, o.LearningRate, o.MinimumLearningRate, o.InitialWeights) = (
            1, 0, 0, start.Checkpoint()));
        var trained = Backbone(start.Root(), "state_dict");
        Assert.All(Backbone(second.Root(), "state_dict"), w => RunFiles.AssertSame(w.Key, trained[w.Key], w.Value));

        var losses = Losses(await TrainAsync("bf16", o => (o.Epochs, o.LearningRate, o.Precision) = (6, 2e-3, TrainingPrecision.Bf16)));
        Assert.True(losses[^1] < 0.9 * losses[1], $"{losses[1]} became {losses[^1]}.");
    }

    [Fact]
    public async Task Token_and_positions_do_not_decay()
    {
        var root = (await TrainAsync("decay", o => (o.Epochs, o.WeightDecay) = (1, 0.05))).Root();
        var groups = (List<object?>)((PickleDictionary)root["optimizer"]!)["param_groups"]!;
        int[] counts = [.. groups.Cast<PickleDictionary>().Select(g => ((List<object?>)g["params"]!).Count)];
        using var plain = SwinTransformer.Allocate(SwinVariants.Get("swin_mini"));
        var names = plain.named_parameters().ToList();
        // All matrices but the positions of tokens, absolute and within a window; and the decoder's.
        var decaying = names.Count(p => p.parameter.dim() > 1 && !p.name.Contains("pos", StringComparison.Ordinal)) + 1;
        Assert.Equal([names.Count + 3 - decaying, decaying], counts);
    }

    private static Dictionary<string, object?> Backbone(PickleDictionary root, string key) =>
        ((PickleDictionary)root[key]!)
        .Where(e => !((string)e.Key).StartsWith("omni_heads", StringComparison.Ordinal)
            && !((string)e.Key).StartsWith("projector", StringComparison.Ordinal))
        .ToDictionary(e => (string)e.Key, e => e.Value, StringComparer.Ordinal);

    private static double[] Losses(RunFiles files) =>
        [.. files.Metrics().Select(l => JsonNode.Parse(l)!).Select(l => (double)(l["task_loss"] ?? l["loss"])!)];

    private static void AssertSame(double[] expected, double[] actual, double tolerance = 1e-5)
    {
        Assert.Equal(expected.Length, actual.Length);
        Assert.All(expected.Zip(actual), p => Assert.Equal(p.First, p.Second, tolerance * p.First));
    }

    private TrainingRun Run(string name, Action<TrainingOptions> change) => phantom.Run($"masked-{name}", null, PhantomFixture.Small) with
    {
        Options = Options(change),
    };

    private static TrainingOptions Options(Action<TrainingOptions> change)
    {
        var options = TrainingOptions.ForRecipe(TrainingRecipe.SimMim);
        (options.Architecture, options.ImageSize, options.MaskPatchSize) = ("swin_mini", 32, 8);
        (options.Epochs, options.WarmupEpochs, options.BatchSize) = (2, 0, 16);
        change(options);
        return options;
    }

    private async Task<RunFiles> TrainAsync(string name, Action<TrainingOptions> change)
    {
        var run = Run(name, change);
        await phantom.TrainAsync(run, cancellationToken: Cancellation);
        return new RunFiles(run.Directory!);
    }
}
