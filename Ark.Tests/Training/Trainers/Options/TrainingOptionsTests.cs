using System.Text.Json.Nodes;
using Ark.Data;
using Ark.Evaluation;
using Ark.Inference;
using Ark.Training;
using static TorchSharp.torch;

namespace Ark.Tests.Training;

/// <summary>What options do to a run, as its files show.</summary>
public class TrainingOptionsTests(PhantomFixture phantom) : IClassFixture<PhantomFixture>
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Run_with_a_cache_ends_bit_identical_to_one_without_and_reads_its_pictures_from_it()
    {
        var without = await TrainAsync("uncached", _ => { });
        var folder = Path.Combine(phantom.Folder, "cache");
        var with = await TrainAsync("cached", o => o.CacheDirectory = folder);
        with.AssertSameAs(without);
        Assert.True(Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).Sum(f => new FileInfo(f).Length) > 32 * 32);
    }

    [Fact]
    public async Task Run_with_a_gradient_of_bounded_norm_moves_its_weights_less()
    {
        void Plain(TrainingOptions o) =>
            (o.Epochs, o.Optimizer, o.LearningRate, o.MinimumLearningRate, o.WeightDecay, o.TeacherMomentum) = (
                1, OptimizerKind.Momentum, 0.05, 0.05, 0, 1);
        var free = await TrainAsync("free", Plain);
        var clipped = await TrainAsync("clipped", o =>
        {
            Plain(o);
            o.ClipGradient = 1e-3;
        });

        // A teacher of momentum 1 stays where the student began. Momentum adds up to ten steps of the bound, so that no weight moves
        // farther than 16 x 10 x rate x bound.
        Assert.InRange(LargestMove(clipped), 1e-7, 16 * 10 * 0.05 * 1e-3);
        Assert.True(LargestMove(free) > 10 * LargestMove(clipped));
    }

    [Fact]
    public async Task Run_that_patience_ends_has_its_last_epoch_tested_and_kept_and_ends_the_same_after_a_kill()
    {
        // At a rate of zero the first epoch stays the best.
        static void Set(TrainingOptions o) =>
            (o.Epochs, o.Patience, o.EvaluationInterval, o.LearningRate, o.MinimumLearningRate) = (6, 2, 10, 0, 0);
        var whole = phantom.Run("impatient", Set, ["PhantomView"]);
        var result = await phantom.TrainAsync(whole, cancellationToken: Cancellation);
        var files = new RunFiles(whole.Directory!);
        var lines = files.Metrics().Select(l => JsonNode.Parse(l)!).ToList();
        Assert.Equal([1, 2, 3], lines.Where(l => (string?)l["event"] == "validation").Select(l => (int)l["epoch"]!));
        Assert.Equal(
            [(3, "student"), (3, "teacher")],
            lines.Where(l => (string?)l["event"] == "evaluation").Select(l => ((int)l["epoch"]!, (string)l["weights"]!)));
        Assert.Equal([ModelRole.Student, ModelRole.Teacher], result.Evaluations.Select(e => e.Weights));
        Assert.True(File.Exists(files.Checkpoint("epoch-0003")));
        var report = File.ReadAllText(Path.Combine(files.Folder, "report.html"));
        Assert.Contains(
            result.Evaluations[0].MeanAuroc!.Value.ToString("F3", System.Globalization.CultureInfo.InvariantCulture),
            report,
            StringComparison.Ordinal);

        // After an epoch, after the pass of the last one, and with nothing left to train.
        foreach (var ends in (int[])[2, 5, 6])
        {
            var run = phantom.Run($"impatient-{ends}", Set, ["PhantomView"]);
            await Assert.ThrowsAsync<Reaction.KilledException>(() => phantom.TrainAsync(run, Reaction.KillAfterEnds(ends), Cancellation));
            Assert.Equal(2, (await phantom.TrainAsync(run with { Resume = true }, cancellationToken: Cancellation)).Evaluations.Count);
            new RunFiles(run.Directory!).AssertSameAs(files);
        }
    }

    [Fact]
    public async Task Published_run_goes_on_past_its_patience_and_says_so()
    {
        var warnings = new List<string>();
        var run = phantom.Run("patient", o => (
            o.Fidelity, o.Epochs, o.Patience, o.EvaluationInterval, o.LearningRate,
            o.MinimumLearningRate) = (Fidelity.Published, 3, 1, 10, 0, 0), ["PhantomView"]);
        await phantom.TrainAsync(
            run, new Reaction(p => warnings.AddRange(p is { IsWarning: true, Message: { } message } ? [message] : [])), Cancellation);
        var epochs = new RunFiles(run.Directory!)
            .Metrics()
            .Select(l => JsonNode.Parse(l)!)
            .Where(l => (string?)l["event"] == "validation")
            .Select(l => (int)l["epoch"]!);
        Assert.Equal([1, 2, 3], epochs);
        Assert.Contains(warnings, w => w.Contains("patience has no effect", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("average", null)]
    [InlineData("PhantomView", 1)]
    [InlineData("PhantomPneumothorax", 3)]
    public async Task Best_checkpoint_is_of_the_epoch_with_the_lowest_validation_loss(string metric, int? expected)
    {
        // Training says yes to everything; validation agrees for one dataset, whose loss goes down, and goes up for the other.
        static ImageSample Say(string dataset, DatasetSplit split, ImageSample sample) =>
            split == DatasetSplit.Test
                ? sample
                : sample with { Targets = [split == DatasetSplit.Validation && dataset == "PhantomView" ? 0 : 1] };
        var files = await TrainAsync(
            $"best-{metric}",
            o => (o.Epochs, o.BatchSize, o.LearningRate, o.SelectionDataset) = (3, 4, 1e-3, metric == "average" ? null : metric),
            Say);
        var losses = File.ReadLines(Path.Combine(files.Folder, "metrics.jsonl")).Select(l => JsonNode.Parse(
            l)!).Where(l => (string?)l["event"] == "validation" && (metric == "average" || (string?)l["dataset"] == metric))
            .GroupBy(l => (int)l["epoch"]!, l => (double)l["loss"]!).ToDictionary(g => g.Key, g => g.Average());
        Assert.Equal(3, losses.Count);
        var best = losses.MinBy(l => l.Value).Key;
        Assert.Equal(expected ?? best, best);
        // The files count epochs from 0, as published.
        Assert.Equal(best - 1L, files.Root("best")["epoch"]);
        Assert.Equal(2L, files.Root("last")["epoch"]);
        RunFiles.AssertSame("state_dict", files.Root("best")["state_dict"], files.Root($"epoch-{best:D4}")["state_dict"]);
    }

    [Fact]
    public async Task Tests_with_augmentation_report_the_figures_of_ten_crops()
    {
        var run = Run("ten", o => (o.Epochs, o.TestTimeCrops) = (1, 10));
        var result = await phantom.TrainAsync(run, cancellationToken: Cancellation);
        using var model = LoadedModel.Load(new RunFiles(run.Directory!).Checkpoint());
        var reported = result.Evaluations.Where(e => e.Weights == ModelRole.Teacher).ToDictionary(e => e.Dataset);
        var differences = 0.0;
        foreach (var dataset in run.Datasets)
        {
            var evaluator = new ArkEvaluator(new NetVipsImageDecoder());
            var ten = await evaluator.EvaluateAsync(model, dataset, new EvaluationOptions { Crops = 10 }, cancellationToken: Cancellation);
            var one = await evaluator.EvaluateAsync(model, dataset, cancellationToken: Cancellation);
            Assert.Equal(ten.MeanAuroc!.Value, reported[dataset.Name].MeanAuroc!.Value, 6);
            differences += Math.Abs(one.MeanAuroc!.Value - ten.MeanAuroc.Value);
        }

        Assert.True(differences > 1e-6, "One crop gives what ten give, so nothing was shown.");
    }

    private TrainingRun Run(
        string name, Action<TrainingOptions> change, Func<string, DatasetSplit, ImageSample, ImageSample>? samples = null)
    {
        var run = phantom.Run(name, o =>
        {
            o.PixelBaseline = false;
            change(o);
        }, ["PhantomPneumothorax", "PhantomView"]);
        return run with
        {
            Datasets = [.. run.Datasets.Select(d => d with
        {
            Adapter = new FewSamples(d.Adapter, 16, samples is null ? null : (split, s) => samples(d.Name, split, s))
        })]
        };
    }

    private async Task<RunFiles> TrainAsync(
        string name, Action<TrainingOptions> change, Func<string, DatasetSplit, ImageSample, ImageSample>? samples = null)
    {
        var run = Run(name, change, samples);
        await phantom.TrainAsync(run, cancellationToken: Cancellation);
        return new RunFiles(run.Directory!);
    }

    private static double LargestMove(RunFiles files)
    {
        var (student, teacher) = ((PickleDictionary)files.Root()["state_dict"]!, (PickleDictionary)files.Root()["teacher"]!);
        return student
            .Where(e => ((Tensor)e.Value!).is_floating_point())
            .Max(e => ((Tensor)e.Value! - (Tensor)teacher[e.Key]!).abs().max().item<float>());
    }
}
