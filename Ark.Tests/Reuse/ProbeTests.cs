using System.Text.Json;
using System.Text.Json.Nodes;
using Ark.Data;
using Ark.Evaluation;
using Ark.Inference;
using Ark.Tests.Checkpoints;
using Ark.Tests.Cli;
using Ark.Training;
using static TorchSharp.torch;

namespace Ark.Tests.Reuse;

public class ProbeTests(SmallModel small) : IClassFixture<SmallModel>
{
    [Fact]
    public void Coefficients_are_those_of_scikit_learn()
    {
        using var json = JsonDocument.Parse(File.ReadAllBytes(Fixture.PathOf("probe", "scikit_learn.json")));
        var root = json.RootElement;
        var width = root.GetProperty("width").GetInt32();
        var features = Numbers(root.GetProperty("features"));
        var count = features.Length / width;
        using var scope = NewDisposeScope();
        var inputs = tensor(features.Select(f => (float)f).ToArray(), [count, width]);
        var binary = tensor(Numbers(root.GetProperty("binary")).Select(f => (float)f).ToArray(), [count, 1]);
        var oneHot = new float[count * 3];
        var classes = Numbers(root.GetProperty("classes"));
        for (var i = 0; i < count; i++) oneHot[(3 * i) + (int)classes[i]] = 1;
        foreach (var expected in root.GetProperty("cases").EnumerateArray())
        {
            var penalty = expected.GetProperty("penalty").GetDouble();
            using var one = LogisticRegression.Fit(new LabelSchema(LabelTask.Binary, ["x"]), inputs, binary, penalty, cancellationToken: TestContext.Current.CancellationToken);
            AssertClose(expected.GetProperty("binary_coef"), one.Standardized.Weight);
            AssertClose(expected.GetProperty("binary_intercept"), one.Standardized.Bias);
            using var three = LogisticRegression.Fit(new LabelSchema(LabelTask.MultiClass, ["a", "b", "c"]), inputs, tensor(oneHot, [count, 3]), penalty, cancellationToken: TestContext.Current.CancellationToken);
            AssertClose(expected.GetProperty("classes_coef"), three.Standardized.Weight);
            AssertClose(expected.GetProperty("classes_intercept"), three.Standardized.Bias - three.Standardized.Bias.mean());
            var (weight, bias) = one.Plain();
            var logits = nn.functional.linear(inputs, weight, bias);
            Assert.All(logits.sigmoid().data<float>().ToArray().Zip(one.Predict(inputs)), p => Assert.Equal(p.Second, p.First, 1e-4f));
        }
    }

    [Fact]
    public async Task Features_that_know_the_answer_beat_pixels_and_untrained_features_and_the_curve_rises()
    {
        using var folder = new TemporaryFolder();
        var catalogue = small.Catalogue(folder);
        // Another model's embeddings, by file name, in another order and without one image.
        var names = Enumerable.Range(0, 24).Reverse().Where(i => i != 3).ToArray();
        await File.WriteAllLinesAsync(folder.PathOf("other.csv"), ["f0,filename,f1", .. names.Select(i => FormattableString.Invariant($"{(i % 2) + (0.3 * Math.Sin(i))},{i:D2}.png,{Math.Cos(7 * i)}"))], TestContext.Current.CancellationToken);
        var run = await CommandLineRun.Of("probe", "--config", catalogue, "--dataset", "noise", "--embeddings", folder.PathOf("other.csv"), "--compare", "pixels", "--compare", small.Checkpoint, "--shots", "1,4,64",
            "--repeats", "3", "--intervals", "200", "--out", folder.PathOf("probe"), "--json", "-");
        Assert.True(run.ExitCode == 0, run.Error);
        Assert.Contains("1 image(s) are left out", run.Error, StringComparison.Ordinal);
        var probes = JsonNode.Parse(run.Out)!["probes"]!.AsArray();
        Assert.Equal(["other.csv", "pixels", "model.safetensors pooled"], probes.Select(p => (string)p!["features"]!));
        Assert.Equal([2, 1024, 192], probes.Select(p => (int)p!["width"]!));
        Assert.Equal(1, (double)probes[0]!["test"]!["mean_auroc"]!);
        Assert.All(probes.Skip(1), p => Assert.InRange((double)p!["test"]!["mean_auroc"]!, 0, 0.95));
        var curve = probes[0]!["shots"]!.AsArray();
        Assert.Equal([1, 4], curve.Select(s => (int)s!["shots"]!));
        Assert.True((double)curve[0]!["mean_auroc"]! < (double)curve[1]!["mean_auroc"]!, curve.ToJsonString());
        Assert.Equal(2, JsonNode.Parse(run.Out)!["comparisons"]!.AsArray().Count);
        Assert.Contains("<polyline", await File.ReadAllTextAsync(folder.PathOf("probe/probe.html"), TestContext.Current.CancellationToken), StringComparison.Ordinal);
        var saved = Safetensors.Load(folder.PathOf("probe/other.csv.coefficients.safetensors"));
        Assert.Equal([1L, 2], saved["weight"].shape);
        foreach (var tensor in saved.Values) tensor.Dispose();
    }

    [Fact]
    public async Task The_same_few_images_are_drawn_again_for_the_same_seed()
    {
        using var folder = new TemporaryFolder();
        var catalogue = small.Catalogue(folder);
        async Task<string> Run(string seed) => JsonNode.Parse((await CommandLineRun.Of("probe", "--config", catalogue, "--dataset", "noise", "--checkpoint", small.Checkpoint, "--projected", "--shots", "2", "--repeats", "3",
            "--intervals", "0", "--seed", seed, "--json", "-", "--quiet")).Out)!["probes"]![0]!["shots"]!.ToJsonString();
        var first = await Run("5");
        Assert.Equal(first, await Run("5"));
        Assert.NotEqual(first, await Run("6"));
    }

    [Fact]
    public async Task A_row_of_a_file_is_taken_by_one_image_alone_and_may_stand_twice_if_it_is_the_same()
    {
        using var folder = new TemporaryFolder();
        async Task<FileFeatures> Features(string rows)
        {
            await File.WriteAllTextAsync(folder.PathOf("f.csv"), "name,a\n" + rows, TestContext.Current.CancellationToken);
            return new FileFeatures(folder.PathOf("f.csv"), "f");
        }

        var dataset = new ArkDataset("set", null!);
        static ImageSample[] Images(params string[] names) => [.. names.Select(n => new ImageSample(new ImageFile(n), []))];
        using var half = await Features("test/1.png,1\ntest/2.png,2\n");
        var error = Assert.Throws<ArkInputException>(() => half.Read(Images("/data/train/1.png", "/data/test/1.png"), dataset, null, TestContext.Current.CancellationToken));
        Assert.Contains("fits two images", error.Message, StringComparison.Ordinal);
        // A row whose own image is there is not another image's that has none.
        await File.WriteAllTextAsync(folder.PathOf("1.png"), "", TestContext.Current.CancellationToken);
        using var whole = await Features($"{folder.PathOf("1.png")},7\n");
        Assert.Equal([null, 7f], whole.Read(Images("/elsewhere/1.png", folder.PathOf("1.png")), dataset, null, TestContext.Current.CancellationToken).Select(r => r?[0]));
        using var twice = await Features("val/1.png,5\nval/1.png,5.0001\n");
        Assert.Equal(5, twice.Read(Images("/data/val/1.png"), dataset, null, TestContext.Current.CancellationToken)[0]![0]);
        Assert.Contains("row 2", (await Assert.ThrowsAsync<ArkInputException>(() => Features("val/1.png,5\nval/1.png,6\n"))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Files_and_options_that_cannot_be_used_are_refused()
    {
        using var folder = new TemporaryFolder();
        var catalogue = small.Catalogue(folder);
        Task<CommandLineRun> Probe(params string[] more) => CommandLineRun.Of(["probe", "--config", catalogue, "--dataset", "noise", .. more]);
        (await Probe()).AssertRefused("--checkpoint");
        (await Probe("--checkpoint", small.Checkpoint, "--shots", "1,x")).AssertRefused("--shots", "'x'");
        (await Probe("--checkpoint", small.Checkpoint, "--compare", "nothing")).AssertRefused("nothing");
        await File.WriteAllTextAsync(folder.PathOf("nan.csv"), "name,a\n00.png,1\n01.png,nan\n", TestContext.Current.CancellationToken);
        (await Probe("--embeddings", folder.PathOf("nan.csv"))).AssertRefused("nan.csv", "line 3");
        await File.WriteAllTextAsync(folder.PathOf("strange.csv"), "name,a\nx.png,1\n", TestContext.Current.CancellationToken);
        (await Probe("--embeddings", folder.PathOf("strange.csv"))).AssertRefused("strange.csv", "no row");
        await File.WriteAllTextAsync(folder.PathOf("cut.parquet"), "PAR1 and no more", TestContext.Current.CancellationToken);
        (await Probe("--embeddings", folder.PathOf("cut.parquet"))).AssertRefused("cut.parquet");
    }

    [Fact]
    public async Task Finetune_accepts_the_published_flags_and_keeps_what_every_command_reads()
    {
        using var folder = new TemporaryFolder();
        var catalogue = small.Catalogue(folder);
        var run = await CommandLineRun.Of("finetune", "--config", catalogue, "--data_set", "noise", "--init", "ark", "--pretrained_weights", small.Checkpoint, "--trial", "2", "--epochs", "3", "--batch_size", "5", "--opt", "adamw",
            "--lr", "0.01", "--warmup-epochs", "0", "--patience", "2", "--test_augment", "true", "--num_class", "1", "--layer-decay", "0.7", "--mixup", "0.2", "--out", folder.PathOf("tuned"), "--json", "-");
        Assert.True(run.ExitCode == 0, run.Error);
        Assert.Contains("--num_class has no effect", run.Error, StringComparison.Ordinal);
        var json = JsonNode.Parse(run.Out)!;
        var trials = json["trials"]!.AsArray();
        double[] aurocs = [.. trials.Select(t => (double)t!["test"]!["mean_auroc"]!)];
        Assert.Equal(aurocs.Average(), (double)json["mean_auroc"]!, 1e-12);
        Assert.Equal(Math.Abs(aurocs[0] - aurocs[1]) / Math.Sqrt(2), (double)json["std_auroc"]!, 1e-12);
        Assert.Equal([0, 1], trials.Select(t => (int)t!["seed"]!));
        Assert.True(File.Exists(folder.PathOf("tuned/results.json")) && File.ReadAllLines(folder.PathOf("tuned/results.csv")).Length == 5);
        var evaluated = await CommandLineRun.Of("evaluate", "--checkpoint", folder.PathOf("tuned/trial-1.safetensors"), "--config", catalogue, "--dataset", "noise", "--crops", "10", "--json", "-", "--quiet");
        Assert.True(evaluated.ExitCode == 0, evaluated.Error);
        Assert.Equal(aurocs[0], (double)JsonNode.Parse(evaluated.Out)!["mean_auroc"]!, 1e-6);
    }

    [Fact]
    public async Task A_frozen_encoder_stays_as_it_was_loaded()
    {
        using var folder = new TemporaryFolder();
        var catalogue = small.Catalogue(folder);
        var run = await CommandLineRun.Of("finetune", "--config", catalogue, "--dataset", "noise", "--init", small.Checkpoint, "--freeze", "--epochs", "2", "--batch-size", "6", "--lr", "0.1", "--warmup-epochs", "0", "--out", folder.PathOf("frozen"), "--quiet");
        Assert.True(run.ExitCode == 0, run.Error);
        var (before, after) = (Safetensors.Load(small.Checkpoint), Safetensors.Load(folder.PathOf("frozen/trial-1.safetensors")));
        Assert.All(after.Where(w => !w.Key.StartsWith("omni_heads.", StringComparison.Ordinal)), w => Assert.True(w.Value.Equals(before[w.Key]), w.Key));
        foreach (var tensor in before.Values.Concat(after.Values)) tensor.Dispose();
        (await CommandLineRun.Of("finetune", "--config", catalogue, "--dataset", "noise", "--init", "imagenet_1k", "--out", folder.PathOf("x"))).AssertRefused("imagenet_1k", "--pretrained-weights");
        (await CommandLineRun.Of("finetune", "--config", catalogue, "--dataset", "noise", "--init", "random", "--out", folder.PathOf("x")))
            .AssertRefused("fine-tuning options, --arch", "(--init)");
    }

    [Fact]
    public void Layers_learn_slower_the_deeper_they_lie()
    {
        var rates = new LayerRates(SmallModel.Configuration.Backbone, 0.5);
        Assert.Equal([0.125, 0.125, 0.25, 0.25, 0.5, 1, 1], ((string[])["patch_embed.proj.weight", "absolute_pos_embed", "layers.0.blocks.0.attn.qkv.weight", "layers.0.downsample.reduction.weight", "layers.1.blocks.0.norm1.bias", "norm.weight", "omni_heads.0.weight"]).Select(rates.Of));
    }

    [Fact]
    public async Task Labels_of_a_foreign_dataset_are_answered_by_the_heads_that_know_them_and_no_others_are_reported()
    {
        using var folder = new TemporaryFolder();
        var labels = string.Join('\n', Enumerable.Range(0, 24).Select(i => $"{i:D2}.png {i % 2} {i / 2 % 2} {i / 3 % 2}"));
        await File.WriteAllTextAsync(folder.PathOf("list.txt"), labels, TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(folder.PathOf("foreign.yaml"), $"foreign:\n  data_dir: {small.Images}\n  train_list: list.txt\n  val_list: list.txt\n  test_list: list.txt\n  diseases: [Pleural_Effusion, Hernia, oedema]\n  task_type: multi-label classification\n", TestContext.Current.CancellationToken);
        var run = await CommandLineRun.Of("evaluate", "--checkpoint", small.Checkpoint, "--config", folder.PathOf("foreign.yaml"), "--dataset", "foreign", "--via-heads", "--predictions", folder.PathOf("p.csv"), "--json", "-", "--quiet");
        Assert.True(run.ExitCode == 0, run.Error);
        var json = JsonNode.Parse(run.Out)!;
        Assert.Equal(["Pleural_Effusion", "oedema"], json["labels"]!.AsArray().Select(l => (string)l!["name"]!));
        Assert.Equal(["Hernia"], json["not_reported"]!.AsArray().Select(l => (string)l!));
        Assert.Equal(["Findings/Effusion", "Triage/Pleural Effusion"], json["via_heads"]![0]!["sources"]!.AsArray().Select(s => (string)s!));
        var predicted = JsonNode.Parse((await CommandLineRun.Of("predict", "--checkpoint", small.Checkpoint, Path.Combine(small.Images, "05.png"), "--json", "-", "--quiet")).Out)![0]!["heads"]!;
        var mean = ((double)predicted[0]!["labels"]![0]!["probability"]! + (double)predicted[1]!["labels"]![2]!["probability"]!) / 2;
        var row = File.ReadAllLines(folder.PathOf("p.csv")).Single(l => l.Contains("05.png", StringComparison.Ordinal));
        Assert.Contains(row.Split(','), f => float.TryParse(f, System.Globalization.CultureInfo.InvariantCulture, out var p) && Math.Abs(p - mean) < 1e-6);
    }

    [Theory]
    [InlineData("PE", "Effusion", true)]
    [InlineData("Pleural_Thickening", "pleural thickening", true)]
    [InlineData("TB", "Tuberculosis", true)]
    [InlineData("Normal", "No Finding", true)]
    [InlineData("Mass", "Nodule", false)]
    [InlineData("Lung Lesion", "Lung tumor", false)]
    [InlineData("Pleural Effusion", "Pleural Other", false)]
    public void Names_mean_the_same_finding_only_where_the_table_says_so(string one, string other, bool same) => Assert.Equal(same, FindingNames.AreSame(one, other));

    [Theory]
    [InlineData("embed")]
    [InlineData("similar")]
    [InlineData("predict")]
    [InlineData("explain")]
    [InlineData("calibrate")]
    [InlineData("probe")]
    [InlineData("finetune")]
    public async Task Every_command_has_help_with_an_example(string command)
    {
        var run = await CommandLineRun.Of(command, "--help");
        Assert.Equal(0, run.ExitCode);
        Assert.Contains($"ark {command} ", run.Out, StringComparison.Ordinal);
        Assert.Contains("--json", run.Out, StringComparison.Ordinal);
    }

    private static double[] Numbers(JsonElement array) => [.. array.EnumerateArray().Select(v => v.GetDouble())];

    private static void AssertClose(JsonElement expected, Tensor actual) => Assert.All(Numbers(expected).Zip(actual.data<float>().ToArray()), p => Assert.Equal(p.First, p.Second, 1e-3 * Math.Max(1, Math.Abs(p.First))));
}
