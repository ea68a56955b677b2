using System.Text.Json.Nodes;
using Ark.Evaluation;
using Ark.Inference;
using Ark.Training;
using static TorchSharp.torch;

namespace Ark.Tests.Training;

public class ArkTrainerTests(PhantomFixture phantom) : IClassFixture<PhantomFixture>
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Train_gives_bit_identical_networks_and_metrics_whatever_the_number_of_workers()
    {
        await phantom.TrainAsync(phantom.Run("one-worker", o => o.Workers = 1, PhantomFixture.Small), cancellationToken: Cancellation);
        await phantom.TrainAsync(phantom.Run("four-workers", o => o.Workers = 4, PhantomFixture.Small), cancellationToken: Cancellation);
        AssertSameNetworks(Checkpoint("one-worker"), Checkpoint("four-workers"));
        Assert.Equal(Metrics("one-worker"), Metrics("four-workers"));
    }

    [Fact]
    public async Task Train_gives_another_teacher_when_the_seed_differs()
    {
        await phantom.TrainAsync(phantom.Run("seed-1", o => (o.Seed, o.Epochs) = (1, 1), PhantomFixture.Small), cancellationToken: Cancellation);
        await phantom.TrainAsync(phantom.Run("seed-2", o => (o.Seed, o.Epochs) = (2, 1), PhantomFixture.Small), cancellationToken: Cancellation);
        Assert.False(Teacher(Checkpoint("seed-1"))["patch_embed.proj.weight"]
            .equal(Teacher(Checkpoint("seed-2"))["patch_embed.proj.weight"])
            .all()
            .item<bool>());
    }

    [Fact]
    public async Task Train_goes_on_after_cancellation_and_ends_bit_identical_to_a_run_that_was_never_stopped()
    {
        await phantom.TrainAsync(phantom.Run("whole"), cancellationToken: Cancellation);

        // Said after a step, whatever the clock: the stop falls into the middle of a pass.
        var run = phantom.Run("stopped", o => o.LogInterval = 1);
        using var stop = new CancellationTokenSource();
        var stopper = new Reaction(p =>
        {
            if (p is { Phase: TrainingPhase.Training, Epoch: 2, Dataset: "PhantomTriage", Step: 1 }) stop.Cancel();
        });
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => phantom.TrainAsync(run, stopper, stop.Token));
        var position = (PickleDictionary)((PickleDictionary)new RunFiles(run.Directory!).Root()["ark"]!)["position"]!;
        Assert.Equal((1L, 1L, 1L), (position["epoch"], position["pass"], position["step"]));
        await phantom.TrainAsync(run with { Resume = true }, cancellationToken: Cancellation);

        AssertSameNetworks(Checkpoint("whole"), Checkpoint("stopped"));
        Assert.Equal(Metrics("whole"), Metrics("stopped"));
    }

    [Fact]
    public async Task Train_writes_the_run_directory_of_the_contract()
    {
        var result = await phantom.TrainAsync(phantom.Run("contract"), cancellationToken: Cancellation);
        var folder = Path.Combine(phantom.Folder, "contract");
        var config = JsonNode.Parse(File.ReadAllText(Path.Combine(folder, "config.json")))!;
        Assert.Equal("ark-plus", (string?)config["options"]!["recipe"]);
        Assert.Equal(42, (int?)config["seed"]);
        Assert.All(
            (string[])["last", "best", "epoch-0001", "epoch-0002"],
            n => Assert.True(File.Exists(Path.Combine(folder, "checkpoints", n + ".pth.tar"))));
        Assert.Contains("<svg", File.ReadAllText(Path.Combine(folder, "report.html")), StringComparison.Ordinal);
        Assert.Equal(
            8, File.ReadLines(Path.Combine(folder, "metrics.jsonl")).Count(l => JsonNode.Parse(l)!["event"]!.GetValue<string>() == "pass"));
        var root = Assert.IsType<PickleDictionary>(PyTorchFile.Load(Checkpoint("contract")));
        Assert.All(
            (string[])["epoch", "lossMIN", "state_dict", "teacher", "optimizer", "scheduler", "ark"],
            k => Assert.True(root.ContainsKey(k)));
        Assert.Equal(8, result.Evaluations.Count);
        Assert.Equal(4, result.PixelBaselines.Count);
        Assert.Equal(2, result.Memory.Count);
        Assert.Empty(Directory.EnumerateFiles(folder, "*.tmp", SearchOption.AllDirectories));
    }

    [Fact]
    public async Task Checkpoint_is_read_by_python_without_leave_to_run_code()
    {
        await phantom.TrainAsync(phantom.Run("python", o => (o.Epochs, o.PixelBaseline) = (1, false)), cancellationToken: Cancellation);
        var keys = Python.Run(
            "import sys, torch; c = torch.load(sys.argv[1], weights_only=True); print(','.join(c), float(c['lossMIN'][0]) > 0)",
            Checkpoint("python"));
        Assert.Equal("epoch,lossMIN,state_dict,teacher,optimizer,scheduler,ark True", keys.Trim());
    }

    [Fact]
    public async Task Evaluation_of_the_last_checkpoint_repeats_the_figures_of_the_run()
    {
        var run = phantom.Run("evaluated", o => o.Epochs = 1);
        var result = await phantom.TrainAsync(run, cancellationToken: Cancellation);
        foreach (var role in (ModelRole[])[ModelRole.Student, ModelRole.Teacher])
        {
            using var model = LoadedModel.Load(Checkpoint("evaluated"), role);
            var dataset = run.Datasets[1];
            var evaluation = await new ArkEvaluator(new Ark.Data.NetVipsImageDecoder()).EvaluateAsync(
                model, dataset, cancellationToken: Cancellation);
            var reported = result.Evaluations.Single(e => e.Dataset == dataset.Name && e.Weights == role);
            Assert.Equal(reported.MeanAuroc!.Value, evaluation.MeanAuroc!.Value, 6);
            Assert.Equal(reported.Accuracy, evaluation.Accuracy);
        }
    }

    [Fact]
    public async Task Train_refuses_a_folder_that_holds_a_run()
    {
        await phantom.TrainAsync(phantom.Run("twice", o => o.Epochs = 1, PhantomFixture.Small), cancellationToken: Cancellation);
        var error = await Assert.ThrowsAsync<ArkInputException>(() => phantom.TrainAsync(
            phantom.Run("twice", null, PhantomFixture.Small), cancellationToken: Cancellation));
        Assert.Contains("'Resume'", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Train_leaves_no_tensor_behind()
    {
        var before = TorchSharp.DisposeScopeManager.Statistics.ThreadTotalLiveCount;
        var live = new List<long>();
        await phantom.TrainAsync(phantom.Run(null, o => (o.Epochs, o.PixelBaseline) = (4, false)),
            new Reaction(p =>
            {
                // Reported on the session's own thread, whose counter this is.
                if (Reaction.IsEpochEnd(p)) live.Add(TorchSharp.DisposeScopeManager.Statistics.ThreadTotalLiveCount - before);
            }), Cancellation);
        Assert.Equal(4, live.Count);
        Assert.Equal(live[1], live[3]);
    }

    private string Checkpoint(string run) => Path.Combine(phantom.Folder, run, "checkpoints", "last.pth.tar");

    private List<string> Metrics(string run) => [.. File.ReadLines(Path.Combine(phantom.Folder, run, "metrics.jsonl")).Select(l =>
    {
        var line = JsonNode.Parse(l)!.AsObject();
        line.Remove("images_per_second");
        return line.ToJsonString();
    })];

    private static Dictionary<string, Tensor> Teacher(string path) => Network(path, "teacher");

    private static Dictionary<string, Tensor> Network(string path, string key) =>
        ((PickleDictionary)((PickleDictionary)PyTorchFile.Load(path)!)[key]!).ToDictionary(e => (string)e.Key, e => (Tensor)e.Value!);

    private static void AssertSameNetworks(string first, string second)
    {
        foreach (var key in (string[])["state_dict", "teacher"])
        {
            var (a, b) = (Network(first, key), Network(second, key));
            Assert.Equal(a.Keys, b.Keys);
            Assert.All(a, entry => Assert.True(entry.Value.equal(b[entry.Key]).all().item<bool>(), $"{key}.{entry.Key} differs"));
        }
    }
}
