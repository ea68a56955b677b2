using System.Text.Json.Nodes;
using Ark.Data;
using Ark.Training;
using Microsoft.Extensions.DependencyInjection;
using static TorchSharp.torch;

namespace Ark.Tests.Training;

public class FineTunerTests(SmallModel small) : IClassFixture<SmallModel>
{
    // What a fine-tuning wrote to its config.json before its options had the names of the command line.
    private const string OptionsOfBefore = """
        {
          "initial": null, "nested-key": null, "architecture": null, "image-size": 32, "normalization": "imagenet", "freeze-encoder": true,
          "layer-decay": 0.9, "mix-up": 0.2, "drop-path-rate": 0.1, "smallest-crop": 0.08, "epochs": 2, "batch-size": 6,
          "optimizer": "Momentum", "learning-rate": 0.003, "momentum": 0.9, "weight-decay": 0, "warmup-epochs": 0,
          "warmup-learning-rate": 1E-06, "minimum-learning-rate": 1E-05, "clip-gradient": 5, "patience": 10, "trials": 2, "seed": 3, "test-crops": 10, "workers": 2, "bad-images": "Stop", "device": "cpu"
        }
        """;

    private static readonly string[] Quick = ["--epochs", "2", "--batch-size", "6", "--lr", "0.01", "--warmup-epochs", "0", "--quiet"];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Trials_that_are_left_are_gone_on_with_and_come_to_what_they_would_have()
    {
        using var folder = new TemporaryFolder();
        var directory = folder.PathOf("tuned");
        var run = await CommandLineRun.Of(
        [
            "finetune", "--config", small.Catalogue(folder), "--dataset", "noise", "--init", small.Checkpoint, "--trials", "2", "--seed",
            "3", "--anno-percent", "50", "--out", directory, .. Quick
        ]);
        Assert.True(run.ExitCode == 0, run.Error);
        var whole = await File.ReadAllTextAsync(Path.Combine(directory, "results.json"), Token);
        (await CommandLineRun.Of(
        [
            "finetune", "--config", folder.PathOf("noise.yaml"), "--dataset", "noise", "--init", small.Checkpoint, "--out", directory,
            .. Quick
        ])).AssertRefused("holds a run already");

        // As it is after the first trial.
        var first = JsonNode.Parse(whole)!;
        first["trials"]!.AsArray().RemoveAt(1);
        await File.WriteAllTextAsync(Path.Combine(directory, "results.json"), first.ToJsonString(), Token);
        File.Delete(Path.Combine(directory, "trial-2.safetensors"));
        var written = File.GetLastWriteTimeUtc(Path.Combine(directory, "trial-1.safetensors"));
        // A kill came between the results of the trial and the deletion of its states.
        var (left, last) = (Path.Combine(directory, "trial-1", "checkpoints"), Path.Combine(directory, "trial-2", "checkpoints"));
        await File.WriteAllTextAsync(Path.Combine(Directory.CreateDirectory(left).FullName, "last.pth.tar"), "a state", Token);
        (await CommandLineRun.Of("finetune", "--resume", directory, "--lr", "1")).AssertRefused(
            "--lr", "says 1", "began with 0.01", "the options it began with");
        // Others came while files were being written: the results, the weights of a trial, the configuration of one that had just begun.
        Directory.CreateDirectory(Path.Combine(directory, "trial-2"));
        foreach (var cut in (string[])["results.json", "trial-2.safetensors", Path.Combine("trial-2", "config.json")])
            await File.WriteAllTextAsync(AtomicFile.Aside(Path.Combine(directory, cut)), "half", Token);
        var resumed = await CommandLineRun.Of("finetune", "--resume", directory, "--json", "-", "--quiet");
        Assert.True(resumed.ExitCode == 0, resumed.Error);
        Assert.Empty(Directory.EnumerateFiles(directory, "*.tmp", SearchOption.AllDirectories));
        Assert.Equal(whole, await File.ReadAllTextAsync(Path.Combine(directory, "results.json"), Token));
        Assert.Equal(JsonNode.Parse(whole)!.ToJsonString(), JsonNode.Parse(resumed.Out)!.ToJsonString());
        Assert.True(File.Exists(Path.Combine(directory, "trial-2.safetensors")));
        Assert.Equal(written, File.GetLastWriteTimeUtc(Path.Combine(directory, "trial-1.safetensors")));
        Assert.False(Directory.Exists(left));

        // Nothing is left of it, so nothing is read.
        await File.WriteAllTextAsync(Path.Combine(Directory.CreateDirectory(last).FullName, "last.pth.tar"), "a state", Token);
        var finished = await CommandLineRun.Of("finetune", "--resume", directory);
        Assert.True(finished.ExitCode == 0, finished.Error);
        Assert.Contains("is finished", finished.Out, StringComparison.Ordinal);
        Assert.False(Directory.Exists(last));

        // Other images than it began with.
        await File.WriteAllTextAsync(Path.Combine(directory, "results.json"), first.ToJsonString(), Token);
        await File.WriteAllLinesAsync(folder.PathOf("test.txt"), ["00.png 1", "01.png 0"], Token);
        (await CommandLineRun.Of("finetune", "--resume", directory)).AssertRefused("config.json", "'noise'", "other images or labels");
        await File.WriteAllTextAsync(Path.Combine(directory, "config.json"), "{}", Token);
        (await CommandLineRun.Of("finetune", "--resume", directory)).AssertRefused("config.json", "not the configuration");
        (await CommandLineRun.Of("finetune", "--resume", folder.PathOf("nothing"))).AssertRefused("nothing", "no run to resume");
    }

    [Fact]
    public async Task Finetune_takes_its_own_line_again_and_refuses_another_value_by_name()
    {
        using var folder = new TemporaryFolder();
        var directory = folder.PathOf("tuned");
        string[] line =
        [
            "finetune", "--config", small.Catalogue(folder), "--dataset", "noise", "--init", small.Checkpoint, "--trials", "2",
            "--early_stop", "true", "--out", directory, "--resume", "auto", .. Quick
        ];
        var begun = await CommandLineRun.Of(line);
        Assert.True(begun.ExitCode == 0, begun.Error);
        Assert.Contains("is finished", (await CommandLineRun.Of(line)).Out, StringComparison.Ordinal);

        // As it is after the first trial.
        var results = JsonNode.Parse(await File.ReadAllTextAsync(Path.Combine(directory, "results.json"), Token))!;
        var whole = results.ToJsonString();
        results["trials"]!.AsArray().RemoveAt(1);
        await File.WriteAllTextAsync(Path.Combine(directory, "results.json"), results.ToJsonString(), Token);
        foreach (var (option, value, then) in ((string, string, string)[])
                 [
                     ("--lr", "0.02", "0.01"), ("--trials", "3", "2"), ("--seed", "1", "0"), ("--early_stop", "false", "true"),
                     ("--dataset", "other", "noise"), ("--config", "other.yaml", folder.PathOf("noise.yaml")),
                     ("--init", "random", small.Checkpoint), ("--anno_percent", "50", "none"), ("--opt", "adamw", "momentum"),
                 ])
            (await CommandLineRun.Of(
            [
                "finetune", .. line[1..^1].Chunk(2).Where(o => o[0] != option).SelectMany(o => o), option, value
            ])).AssertRefused(option, $"began with {then}");
        var resumed = await CommandLineRun.Of([.. line, "--workers", "1"]);
        Assert.True(resumed.ExitCode == 0, resumed.Error);
        Assert.Equal(whole, JsonNode.Parse(await File.ReadAllTextAsync(Path.Combine(directory, "results.json"), Token))!.ToJsonString());
    }

    [Fact]
    public async Task A_record_of_before_the_options_had_the_names_of_flags_is_read_and_gone_on_with()
    {
        using var folder = new TemporaryFolder();
        var directory = folder.PathOf("tuned");
        string[] line =
        [
            "finetune", "--config", small.Catalogue(folder), "--dataset", "noise", "--init", small.Checkpoint, "--img-size", "32",
            "--epochs", "2", "--trials", "2", "--batch-size", "6", "--warmup-epochs", "0", "--lr", "0.003", "--clip-grad", "5", "--freeze",
            "--layer-decay", "0.9",
            "--mixup", "0.2", "--drop-path", "0.1", "--seed", "3", "--out", directory, "--resume", "auto", "--quiet",
        ];
        var run = await CommandLineRun.Of(line);
        Assert.True(run.ExitCode == 0, run.Error);
        var (config, results) = (Path.Combine(directory, "config.json"), Path.Combine(directory, "results.json"));
        var (written, whole) = (JsonNode.Parse(await File.ReadAllTextAsync(config, Token))!, await File.ReadAllTextAsync(results, Token));
        Assert.Equal("0.003", (string?)written["options"]!["lr"]);

        // As it was after the first trial, with the options as they were written then.
        var first = JsonNode.Parse(whole)!;
        first["trials"]!.AsArray().RemoveAt(1);
        await File.WriteAllTextAsync(results, first.ToJsonString(), Token);
        var before = JsonNode.Parse(OptionsOfBefore)!;
        before["initial"] = small.Checkpoint;
        written["options"] = before;
        await File.WriteAllTextAsync(config, written.ToJsonString(), Token);
        (await CommandLineRun.Of([.. line, "--momentum", "0.8"])).AssertRefused("'--momentum'", "says 0.8", "began with 0.9");
        (await CommandLineRun.Of([.. line, "--test-augment", "false"])).AssertRefused("'--test-augment'", "says false", "began with true");
        var resumed = await CommandLineRun.Of([.. line, "--workers", "1"]);
        Assert.True(resumed.ExitCode == 0, resumed.Error);
        Assert.Equal(whole, await File.ReadAllTextAsync(results, Token));
    }

    [Fact]
    public async Task A_trial_is_recorded_as_soon_as_it_has_ended()
    {
        using var folder = new TemporaryFolder();
        var options = new FineTuningOptions { InitialWeights = small.Checkpoint, Epochs = 1, BatchSize = 6, Trials = 3 };
        // In the second trial: the first has left its weights.
        var cut = Reaction.KillAtFirst(p => Reaction.IsPassEnd(p) && File.Exists(folder.PathOf("tuned/trial-1.safetensors")));
        await Assert.ThrowsAsync<Reaction.KilledException>(() => Tune(folder, options, folder.PathOf("tuned"), cut));
        Assert.Single(JsonNode.Parse(await File.ReadAllTextAsync(folder.PathOf("tuned/results.json"), Token))!["trials"]!.AsArray());
        Assert.Equal(4, (await File.ReadAllLinesAsync(folder.PathOf("tuned/results.csv"), Token)).Length);
        // Where a program's dataset is, only the program knows.
        (await CommandLineRun.Of("finetune", "--resume", folder.PathOf("tuned"))).AssertRefused("begun by a program");
        await Assert.ThrowsAsync<ArkInputException>(() => Tune(folder, options, folder.PathOf("tuned")));
        await Assert.ThrowsAsync<ArkInputException>(() => Tune(
            folder, With(options, o => o.LearningRate = 1e-3), folder.PathOf("tuned"), resume: true));
        var gone = await Tune(folder, options, folder.PathOf("tuned"), resume: true);
        Assert.Equal(
            (await Tune(folder, options)).ToJson()["trials"]!.AsArray().Select(Loss), gone.ToJson()["trials"]!.AsArray().Select(Loss));
        static double Loss(JsonNode? trial) => (double)trial!["validation_loss"]!;
    }

    [Fact]
    public async Task A_folder_belongs_to_one_process_and_to_nobody_where_no_trial_has_ended()
    {
        using var folder = new TemporaryFolder();
        var options = new FineTuningOptions { InitialWeights = small.Checkpoint, Epochs = 1, BatchSize = 6, Trials = 2 };
        // The first report comes at once, whatever the clock: after the first step, before the first state.
        var cut = Reaction.KillAtFirst(p => p.Phase == TrainingPhase.Training && p.Message is null);
        await Assert.ThrowsAsync<Reaction.KilledException>(() => Tune(folder, options, folder.PathOf("tuned"), cut));
        Assert.True(File.Exists(folder.PathOf("tuned/config.json")));
        using (RunLock.Take(folder.PathOf("tuned")))
            Assert.Contains(
                "in use",
                (await Assert.ThrowsAsync<ArkInputException>(() => Tune(folder, options, folder.PathOf("tuned")))).Message,
                StringComparison.Ordinal);
        Assert.Single((await Tune(folder, With(options, o => o.Trials = 1), folder.PathOf("tuned"))).Trials);
    }

    [Theory]
    [InlineData(1, OptimizerKind.AdamW, TrainingPrecision.Fp32)]
    [InlineData(3, OptimizerKind.Momentum, TrainingPrecision.Fp32)]
    [InlineData(5, OptimizerKind.Momentum, TrainingPrecision.Bf16)]
    public async Task A_trial_that_is_stopped_within_an_epoch_goes_on_with_its_next_step_and_ends_bit_identical(
        int stoppedAt, OptimizerKind optimizer, TrainingPrecision precision)
    {
        using var folder = new TemporaryFolder();
        var options = new FineTuningOptions
        {
            InitialWeights = small.Checkpoint,
            Epochs = 3,
            BatchSize = 5,
            Trials = 2,
            LearningRate = 0.01,
            DropPathRate = 0.2,
            MixUp = 0.2,
            WarmupEpochs = 1,
            Optimizer = optimizer,
            Precision = precision,
            LogInterval = 1,
            TestTimeCrops = 1,
        };
        await Tune(folder, options, folder.PathOf("whole"));
        using var source = new CancellationTokenSource();
        // 12 images are three steps.
        var (epochs, step) = ((stoppedAt - 1) / 3, ((stoppedAt - 1) % 3) + 1);
        var stop = new Reaction(p =>
        {
            if (p.Phase == TrainingPhase.Training && p.Epoch == epochs + 1 && p.Step == step) source.Cancel();
        });
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Tune(
            folder, options, folder.PathOf("stopped"), stop, token: source.Token));
        Assert.Equal((epochs, step), StateOf(folder.PathOf("stopped/trial-1")));
        Assert.Contains(
            "holds a run already",
            (await Assert.ThrowsAsync<ArkInputException>(() => Tune(folder, options, folder.PathOf("stopped")))).Message,
            StringComparison.Ordinal);
        await Tune(folder, options, folder.PathOf("stopped"), resume: true);
        foreach (var file in (string[])["trial-1.safetensors", "trial-2.safetensors", "results.csv"])
            Assert.Equal(
                await File.ReadAllBytesAsync(folder.PathOf("whole/" + file), Token),
                await File.ReadAllBytesAsync(folder.PathOf("stopped/" + file), Token));
        Assert.Equal(Metrics(folder.PathOf("whole/trial-1")), Metrics(folder.PathOf("stopped/trial-1")));
        // Nothing goes on from the states of a trial that has ended.
        Assert.False(Directory.Exists(folder.PathOf("stopped/trial-1/checkpoints")));
    }

    [Fact]
    public async Task A_trial_that_is_killed_between_its_last_epoch_and_its_results_is_tested_again()
    {
        using var folder = new TemporaryFolder();
        var options = new FineTuningOptions { InitialWeights = small.Checkpoint, Epochs = 2, BatchSize = 6, TestTimeCrops = 1 };
        var whole = await Tune(folder, options, folder.PathOf("whole"));
        var kill = Reaction.KillAtFirst(p => Reaction.IsEpochEnd(p) && p.Epoch == 2);
        await Assert.ThrowsAsync<Reaction.KilledException>(() => Tune(folder, options, folder.PathOf("killed"), kill));
        Assert.False(File.Exists(folder.PathOf("killed/results.json")));
        var gone = await Tune(folder, options, folder.PathOf("killed"), resume: true);
        Assert.Equal(Assert.Single(whole.Trials).Test.MeanAuroc, Assert.Single(gone.Trials).Test.MeanAuroc);
        Assert.Equal(
            await File.ReadAllBytesAsync(folder.PathOf("whole/trial-1.safetensors"), Token),
            await File.ReadAllBytesAsync(folder.PathOf("killed/trial-1.safetensors"), Token));
        Assert.Equal(Metrics(folder.PathOf("whole/trial-1")), Metrics(folder.PathOf("killed/trial-1")));
    }

    [Fact]
    public async Task A_training_that_diverges_has_failed_and_is_no_wrong_input()
    {
        using var folder = new TemporaryFolder();
        var weights = Safetensors.Load(small.Checkpoint);
        // A number, but no logit of it is one.
        using (no_grad()) weights["norm.bias"].fill_(3e38f);
        Safetensors.Save(folder.PathOf("nan.safetensors"), weights);
        foreach (var tensor in weights.Values) tensor.Dispose();
        var run = await CommandLineRun.Of(
        [
            "finetune", "--config", small.Catalogue(folder), "--dataset", "noise", "--init", folder.PathOf("nan.safetensors"), "--img-size",
            "32", "--out", folder.PathOf("tuned"), .. Quick
        ]);
        Assert.Equal(1, run.ExitCode);
        Assert.Contains("ark: trial 1/1  epoch 1, noise, step 1: training diverged", run.Error, StringComparison.Ordinal);
        Assert.Contains(".png", run.Error, StringComparison.Ordinal);
        Assert.True(File.Exists(folder.PathOf("tuned/trial-1/failure.json")));
    }

    [Theory]
    [InlineData("--anno-percent", "150")]
    [InlineData("--anno_percent", "-5")]
    [InlineData("--anno-percent", "0")]
    public async Task A_share_of_annotations_beyond_one_to_a_hundred_is_refused(string option, string share)
    {
        using var folder = new TemporaryFolder();
        (await CommandLineRun.Of(
            "finetune", "--config", small.Catalogue(folder), "--dataset", "noise", "--init", small.Checkpoint, option, share, "--out",
            folder.PathOf("x"))).AssertRefused($"option '{option}'", share, "1 to 100");
        Assert.False(Directory.Exists(folder.PathOf("x")));
    }

    [Fact]
    public async Task Two_things_to_start_from_are_one_too_many()
    {
        using var folder = new TemporaryFolder();
        var other = folder.Write("other.safetensors", "");
        foreach (var init in (string[])["random", other])
            (await CommandLineRun.Of(
                "finetune", "--config", small.Catalogue(folder), "--dataset", "noise", "--init", init, "--pretrained-weights",
                small.Checkpoint, "--out", folder.PathOf("x"))).AssertRefused("--init", init, "contradicts");
    }

    [Fact]
    public async Task A_trial_stops_when_the_validation_loss_falls_no_more()
    {
        using var folder = new TemporaryFolder();
        // At this rate no weight moves in single precision, so the first epoch stays the best.
        var options = new FineTuningOptions
        {
            InitialWeights = small.Checkpoint,
            Epochs = 5,
            BatchSize = 6,
            LearningRate = 1e-12,
            MinimumLearningRate = 0,
            WarmupEpochs = 0,
        };
        var trial = Assert.Single((await Tune(folder, With(options, o => o.Patience = 1))).Trials);
        Assert.Equal((2, 1), (trial.Epochs, trial.BestEpoch));
        Assert.Equal(3, (await Tune(folder, With(options, o => o.Patience = 2))).Trials[0].Epochs);
        Assert.Equal(5, (await Tune(folder, With(options, o => o.Patience = 0))).Trials[0].Epochs);
    }

    [Fact]
    public void Mix_up_blends_images_and_targets_by_the_same_share_and_what_is_missing_stays_missing()
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator(5);
        var images = rand([4, 3, 2, 2], generator: generator);
        var targets = tensor(new float[] { 0, 1, 0, float.NaN, 1, 0, 1, 0 }, [4, 2]);
        var (blended, answers) = MixUp.Blend(images, targets, 0.4, new RandomStream(1, 2));
        // Targets of 0 and 1 tell the share.
        var share = 1 - answers[0, 0].item<float>();
        Assert.InRange(share, 0.001f, 0.999f);
        Assert.True(blended.allclose((share * images) + ((1 - share) * images.flip(0)), atol: 1e-6));
        Assert.Equal(
            [1 - share, share, 1 - share, float.NaN, share, float.NaN, share, 1 - share],
            answers.data<float>().ToArray(),
            (a, b) => (float.IsNaN(a) && float.IsNaN(b)) || Math.Abs(a - b) < 1e-6);
        Assert.True(MixUp.Blend(images, targets, 0.4, new RandomStream(1, 2)).Images.equal(blended).all().item<bool>());
    }

    [Fact]
    public async Task A_published_dataset_is_trained_on_the_share_of_its_images_that_the_original_draws()
    {
        using var folder = new TemporaryFolder();
        small.Catalogue(folder);
        // Only the drawn half can be read.
        Directory.CreateDirectory(folder.PathOf("images"));
        var drawn = AnnotatedFraction.Choose(12, 50);
        Assert.Equal(6, drawn.Length);
        for (var i = 0; i < 24; i++)
            await File.WriteAllBytesAsync(
                folder.PathOf($"images/{i:D2}.png"), i >= 12 || drawn.Contains(i) ? SmallModel.Png(i) : "none"u8.ToArray(), Token);
        string[] line =
        [
            "finetune", "--data_set", "Shenzhen", "--data_dir", folder.PathOf("images"), "--train_list", folder.PathOf("train.txt"),
            "--val_list", folder.PathOf("val.txt"), "--test_list", folder.PathOf("test.txt"),
            "--init", "ark", "--pretrained_weights", small.Checkpoint, "--resume", "False", .. Quick,
        ];
        var half = await CommandLineRun.Of([.. line, "--anno_percent", "50", "--out", folder.PathOf("half"), "--json", "-"]);
        Assert.True(half.ExitCode == 0, half.Error);
        Assert.Equal("TB", (string)JsonNode.Parse(half.Out)!["labels"]![0]!["name"]!);
        Assert.Equal(half.Out, (await CommandLineRun.Of("finetune", "--resume", folder.PathOf("half"), "--json", "-", "--quiet")).Out);
        (await CommandLineRun.Of([.. line, "--out", folder.PathOf("whole")])).AssertRefused(".png", "not an image");
    }

    [Fact]
    public async Task Beside_a_frozen_encoder_the_head_learns()
    {
        using var folder = new TemporaryFolder();
        var options = new FineTuningOptions
        {
            InitialWeights = small.Checkpoint,
            FreezeEncoder = true,
            Epochs = 2,
            BatchSize = 6,
            LearningRate = 0.1,
            WarmupEpochs = 0,
            Seed = 4,
        };
        var trial = Assert.Single((await Tune(folder, options, folder.PathOf("tuned"))).Trials);
        var labels = new LabelSchema(LabelTask.Binary, ["Odd"]);
        using var begun = FineTuningModels.Build(FineTuningModels.Configure(options, "noise", labels), options, options.Seed, out _);
        var (before, after) = (begun.state_dict(), Safetensors.Load(trial.Checkpoint!));
        Assert.All(after, w => Assert.Equal(!w.Key.StartsWith("omni_heads.", StringComparison.Ordinal), w.Value.Equals(before[w.Key])));
        foreach (var tensor in after.Values) tensor.Dispose();
    }

    [Fact]
    public async Task FineTuneAsync_refuses_to_go_on_without_a_folder()
    {
        using var folder = new TemporaryFolder();
        var options = new FineTuningOptions { InitialWeights = small.Checkpoint };
        var error = await Assert.ThrowsAsync<ArkInputException>(() => Tune(folder, options, directory: null, resume: true));
        Assert.Contains("'Directory': names no folder to go on in", error.Message, StringComparison.Ordinal);
    }

    private async Task<FineTuningResult> Tune(
        TemporaryFolder folder, FineTuningOptions options, string? directory = null, IProgress<TrainingProgress>? progress = null,
        bool resume = false, CancellationToken? token = null)
    {
        await using var services = new ServiceCollection().AddArk().AddTraining().Services.BuildServiceProvider();
        var dataset = services.GetRequiredService<ArkDatasets>().Create(DatasetCatalogue.Load(small.Catalogue(folder)).Get("noise"));
        var tuner = services.GetRequiredService<FineTuner>();
        return await tuner.FineTuneAsync(
            new FineTuningRun { Dataset = dataset, Options = options, Directory = directory, Resume = resume }, progress, token ?? Token);
    }

    private static (int Epoch, int Step) StateOf(string trial)
    {
        using var scope = NewDisposeScope();
        var root = (PickleDictionary)PyTorchFile.Load(Path.Combine(trial, "checkpoints", "last.pth.tar"))!;
        var position = (PickleDictionary)((PickleDictionary)root["ark"]!)["position"]!;
        return ((int)(long)position["epoch"]!, (int)(long)position["step"]!);
    }

    private static IEnumerable<string> Metrics(string trial) => File.ReadLines(Path.Combine(trial, "metrics.jsonl")).Select(l =>
    {
        var line = JsonNode.Parse(l)!.AsObject();
        line.Remove("images_per_second");
        return line.ToJsonString();
    });

    private static FineTuningOptions With(FineTuningOptions options, Action<FineTuningOptions> change)
    {
        var changed = options.Clone();
        change(changed);
        return changed;
    }
}
