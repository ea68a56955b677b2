using System.Text.Json.Nodes;
using Ark.Data;
using Ark.Phantom;
using Ark.Training;

namespace Ark.Tests.Cli;

public sealed class PretrainCommandTests : IAsyncLifetime
{
    private readonly string _folder = Path.Combine(Path.GetTempPath(), "ark-cli-" + Guid.NewGuid().ToString("N"));

    private string Catalogue => Path.Combine(_folder, "phantom", "phantom.yaml");

    public async ValueTask InitializeAsync() =>
        await PhantomDatasets.WriteAsync(Path.Combine(_folder, "phantom"), new PhantomDatasetOptions { Count = 160, Seed = 9 });

    public ValueTask DisposeAsync()
    {
        Directory.Delete(_folder, recursive: true);
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task Pretrain_then_evaluate_write_the_promised_json()
    {
        var json = Path.Combine(_folder, "run.json");
        var trained = await Pretrain("--out", Path.Combine(_folder, "run"), "--json", json);
        Assert.True(trained.ExitCode == 0, trained.Error);
        Assert.Contains("PhantomTriage", trained.Out, StringComparison.Ordinal);
        Assert.Contains("pixel baseline", trained.Out, StringComparison.Ordinal);
        Assert.Equal(8, JsonNode.Parse(File.ReadAllText(json))!["evaluations"]!.AsArray().Count);

        var evaluated = await CommandLineRun.Of("evaluate", "--checkpoint", Path.Combine(
            _folder, "run", "checkpoints", "last.pth.tar"), "--config", Catalogue,
            "--dataset", "PhantomTriage", "--split", "val", "--weights", "student", "--crops", "10", "--json", "-", "--quiet");
        Assert.True(evaluated.ExitCode == 0, evaluated.Error);
        var document = JsonNode.Parse(evaluated.Out)!.AsObject();
        Assert.Equal(
            ["dataset", "split", "weights", "images", "mean_auroc", "accuracy", "labels"],
            document.Select(p => p.Key).Where(k => k is not ("mean_average_precision" or "mcc" or "f1")));
        Assert.Equal(3, document["labels"]!.AsArray().Count);
    }

    [Fact]
    public async Task Pretrain_accepts_the_published_flags()
    {
        var run = await CommandLineRun.Of("pretrain", "--config", Catalogue, "--data_set", "PhantomView", "--data_set", "PhantomTriage",
            "--model", "swin_mini", "--input_size", "32",
            "--opt", "sgd", "--lr", "0.01", "--warmup-epochs", "0", "--batch_size", "16", "--pretrain_epochs", "1", "--test_epoch", "1",
            "--momentum_teacher", "0.95", "--projector_features", "16",
            "--use_mlp", "True", "--out", Path.Combine(_folder, "published"), "--quiet");
        Assert.True(run.ExitCode == 0, run.Error);
        var options = JsonNode.Parse(File.ReadAllText(Path.Combine(_folder, "published", "config.json")))!["options"]!;
        Assert.Equal(
            ("sgd", "0.95", "16"), ((string?)options["opt"], (string?)options["momentum-teacher"], (string?)options["projector-features"]));
    }

    [Fact]
    public void Every_flag_of_the_published_scripts_is_known()
    {
        // Collected from the option parsers of Ark, of Ark+ and of Ark+'s two ablations; --data_set, --exp_name and --resume belong to the
        // command itself.
        string[] flags = ["GPU", "model", "init", "pretrained_weights", "from_checkpoint", "normalization", "img_size", "input_size",
            "img_resize", "img_depth", "batch_size", "epochs", "ema_mode", "momentum_teacher",
            "pretrain_epochs", "test_epoch", "val_loss_metric", "projector_features", "use_mlp", "opt", "opt-eps", "opt-betas", "clip-grad",
            "momentum", "weight-decay", "sched", "lr", "lr-noise", "lr-noise-pct", "lr-noise-std",
            "warmup-lr", "min-lr", "decay-epochs", "warmup-epochs", "cooldown-epochs", "decay-rate", "dr", "patience-epochs", "workers",
            "print_freq", "test_augment", "anno_percent", "device", "activate",
            "uncertain_label", "unknown_label", "num_class", "mode", "patience", "early_stop", "trial", "start_index", "clean"];
        Assert.All(flags, f => Assert.NotNull(OptionTables.Training.Find(f)));
    }

    [Fact]
    public void Published_command_line_of_the_readme_sets_what_it_says()
    {
        List<OptionText<TrainingOptions>> texts = [];
        foreach (var (name, value) in ((string, string)[])[("opt", "sgd"), ("warmup-epochs", "20"), ("lr", "0.3"), (
            "batch_size", "200"), ("model", "swin_base"), ("init", "imagenet"), ("pretrain_epochs", "200"), ("test_epoch", "10"),
            ("pretrained_weights", "swin_base.pth"), ("momentum_teacher", "0.9"), ("projector_features", "1376"), ("epochs", "150"),
            ("opt-betas", "0.8,0.99"), ("GPU", "1"), ("num_class", "14")])
            texts.Add(OptionTables.Training.Text(name, value, "command line", $"option '--{name}'"));
        var options = OptionTexts.Create(OptionTables.Training, texts);
        options.Validate();
        Assert.Equal(
            ("swin_base.pth", 200, 150, 200, "cuda:1"),
            (options.InitialWeights, options.Epochs, options.ScheduleEpochs, options.BatchSize, options.Device));
        Assert.Equal((0.8, 0.99), (options.Beta1, options.Beta2));
        (string, string)[] hints = [("option '--init'", "--pretrained-weights FILE"), ("line 2, key 'init'", "'pretrained-weights' FILE")];
        foreach (var (place, hint) in hints)
        {
            var text = OptionTables.Training.Text("init", "ImageNet_1k", "source", place);
            var refusal = Assert.Throws<ArkInputException>(() => OptionTexts.Create(OptionTables.Training, [text]));
            Assert.Contains(hint, refusal.Message, StringComparison.Ordinal);
        }

    }

    [Fact]
    public async Task Pretrain_refuses_an_unknown_dataset_and_lists_the_known_ones() =>
        (await Pretrain("--datasets", "PhantomVeiw")).AssertRefused("PhantomVeiw", "PhantomView");

    [Fact]
    public async Task Pretrain_refuses_a_misspelt_key_with_its_line()
    {
        Change(Catalogue, text => text.Replace("train_list:", "tain_list:", StringComparison.Ordinal));
        (await Pretrain()).AssertRefused("phantom.yaml", "line", "tain_list", "train_list");
    }

    [Fact]
    public async Task Pretrain_refuses_a_missing_list()
    {
        File.Delete(Listed("PhantomView", "train"));
        (await Pretrain()).AssertRefused("phantom.yaml", "train_list", "not found");
    }

    [Fact]
    public async Task Pretrain_refuses_a_list_line_whose_image_is_missing()
    {
        ChangeLine("PhantomView", l => "no-such-image.png " + l.Split(' ')[1]);
        (await Pretrain()).AssertRefused("line 2", "no-such-image.png");
    }

    [Theory]
    [InlineData("")]
    [InlineData(" one")]
    [InlineData(" 7")]
    public async Task Pretrain_refuses_a_label_that_is_missing_or_no_label(string label)
    {
        ChangeLine("PhantomView", l => l.Split(' ')[0] + label);
        (await Pretrain()).AssertRefused("line 2");
    }

    [Fact]
    public async Task Pretrain_names_an_image_that_fails_mid_run_or_skips_it_as_asked()
    {
        var list = Listed("PhantomView", "train");
        var image = Directory.EnumerateFiles(Path.Combine(
            _folder, "phantom"), Path.GetFileName(File.ReadLines(list).First().Split(' ')[0]), SearchOption.AllDirectories).First();
        File.WriteAllBytes(image, File.ReadAllBytes(image)[..100]);
        (await Pretrain("--out", Path.Combine(_folder, "stops"))).AssertRefused(Path.GetFileName(image));

        var skipped = await Pretrain("--out", Path.Combine(_folder, "skips"), "--bad-images", "skip");
        Assert.True(skipped.ExitCode == 0, skipped.Error);
        Assert.Contains(Path.GetFileName(image), skipped.Out, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--lr", "fast", "--lr")]
    [InlineData("--epochs", "0", "epochs")]
    [InlineData("--arch", "swin_gigantic", "swin_gigantic")]
    [InlineData("--device", "cuda", "device")]
    [InlineData("--img-size", "50", "50")]
    [InlineData("--no-such-option", "1", "--no-such-option")]
    public async Task Pretrain_refuses_an_option_that_cannot_be(string option, string value, string named) =>
        (await Pretrain(option, value)).AssertRefused(named);

    [Fact]
    public async Task Pretrain_refuses_to_start_without_a_catalogue() => (await CommandLineRun.Of("pretrain")).AssertRefused("--config");

    [Fact]
    public async Task Simmim_learns_from_images_without_labels_and_says_what_to_start_from_it()
    {
        var catalogue = Path.Combine(_folder, "unlabeled.yaml");
        File.WriteAllText(catalogue, $"Chests:\n  data_dir: {Path.Combine(_folder, "phantom", "PhantomView", "images")}\n"
            + "  task_type: unlabeled\n");
        string[] line = ["pretrain", "--recipe", "simmim", "--config", catalogue, "--arch", "swin_mini", "--epochs", "1"];
        var (folder, json) = (Path.Combine(_folder, "start"), Path.Combine(_folder, "start.json"));
        var run = await CommandLineRun.Of([.. line, "--out", folder, "--json", json]);
        Assert.True(run.ExitCode == 0, run.Error);
        Assert.Matches(@"validation loss: \d\.\d{4} after epoch 1 \(start from it: --init .*best\.pth\.tar\)", run.Out);
        Assert.Contains("training and validation are the same images", run.Out + run.Error, StringComparison.Ordinal);
        var document = JsonNode.Parse(File.ReadAllText(json))!;
        Assert.InRange((double)document["validation_loss"]!, 0.1, 5);
        Assert.Empty(document["evaluations"]!.AsArray());
        var again = await CommandLineRun.Of("pretrain", "--resume", folder);
        Assert.True(again.ExitCode == 0, again.Error);
        Assert.Contains("is finished", again.Out, StringComparison.Ordinal);

        string[] other = [.. line, "--out", Path.Combine(_folder, "other")];
        (await CommandLineRun.Of([.. other, "--mask-patch", "24"])).AssertRefused("--mask-patch", "squares of 24 pixels", "8, 16, 32");
        (await CommandLineRun.Of([.. other, "--fidelity", "published"])).AssertRefused("--fidelity", "simmim");
        (await CommandLineRun.Of([.. other, "--task-order", "single-head"])).AssertRefused("--task-order", "no heads");
        Assert.False(File.Exists(Path.Combine(_folder, "other", "config.json")));
        (await CommandLineRun.Of("pretrain", "--config", catalogue, "--arch", "swin_mini")).AssertRefused("Chests", "has no labels");
    }

    [Fact]
    public async Task Help_shows_examples()
    {
        var help = await CommandLineRun.Of("pretrain", "--help");
        Assert.Equal(0, help.ExitCode);
        Assert.Contains("ark pretrain --config builtin:phantom", help.Out, StringComparison.Ordinal);
        Assert.Contains("--warmup-epochs", help.Out, StringComparison.Ordinal);
    }

    private Task<CommandLineRun> Pretrain(params string[] more)
    {
        string[] basics =
        [
            "--arch", "swin_mini", "--img-size", "32", "--projector-features", "16", "--epochs", "1", "--warmup-epochs", "0",
            "--batch-size", "16", "--out", Path.Combine(_folder, "run")
        ];
        // An option that is given twice is an error of its own: what a test sets replaces the basic value.
        return CommandLineRun.Of(
        [
            "pretrain", "--config", Catalogue, .. basics.Chunk(2).Where(pair => !more.Contains(pair[0])).SelectMany(pair => pair), .. more
        ]);
    }

    private string Listed(string dataset, string split)
    {
        var definition = DatasetCatalogue.Load(Catalogue).Get(dataset);
        return split == "train" ? definition.TrainList! : definition.TestList!;
    }

    private void ChangeLine(string dataset, Func<string, string> change)
    {
        var path = Listed(dataset, "train");
        var lines = File.ReadAllLines(path);
        lines[1] = change(lines[1]);
        File.WriteAllLines(path, lines);
    }

    private static void Change(string path, Func<string, string> change) => File.WriteAllText(path, change(File.ReadAllText(path)));
}
