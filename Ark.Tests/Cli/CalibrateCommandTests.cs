using System.Text.Json.Nodes;
using Ark.Data;
using Ark.Evaluation;
using Ark.Inference;
using Ark.Models;
using static TorchSharp.torch;

namespace Ark.Tests.Cli;

/// <summary>What <c>ark calibrate</c> writes, and which head and columns it reads a dataset by.</summary>
public sealed class CalibrateCommandTests(SmallModel small) : IClassFixture<SmallModel>, IDisposable
{
    private const int Pictures = 24;
    private readonly TemporaryFolder _folder = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Two_heads_are_calibrated_in_one_file_that_predict_takes()
    {
        var file = _folder.PathOf("calibration.json");
        var run = await CommandLineRun.Of("calibrate", "--checkpoint", small.Checkpoint, "--config", Catalogue(), "--dataset",
            "Findings,View", "--method", "isotonic", "--sensitivity", "0.9", "--specificity", "0.9",
            "--out", file, "--json", "-", "--quiet");
        Assert.True(run.ExitCode == 0, run.Error);
        var json = JsonNode.Parse(run.Out)!;
        Assert.Equal(JsonNode.Parse(await File.ReadAllTextAsync(file, Token))!.ToJsonString(), json.ToJsonString());
        var heads = json["heads"]!.AsArray();
        Assert.Equal(
        [
            "Findings isotonic, fitted on Findings val, measured on Findings test",
            "View isotonic, fitted on View val, measured on View test"
        ],
            heads.Select(h => $"{h!["name"]} {h["method"]}, fitted on {h["fitted_on"]}, measured on {h["measured_on"]}"));
        Assert.Equal(["Effusion", "Edema", "Mass"], heads[0]!["labels"]!.AsArray().Select(l => (string)l!["name"]!));
        Assert.All(heads.SelectMany(h => h!["labels"]!.AsArray()), label =>
        {
            var points = label!["operating_points"]!.AsArray();
            Assert.Equal(["sensitivity 0.9", "specificity 0.9"], points.Select(p => $"{p!["kind"]} {p["target"]}"));
            Assert.InRange((double)points[0]!["sensitivity"]!, 0.9, 1);
            Assert.InRange((double)points[1]!["specificity"]!, 0.9, 1);
            Assert.InRange((double)label["ece_after"]!, 0, 1);
        });

        var image = Path.Combine(small.Images, "05.png");
        var predicted = await CommandLineRun.Of(
            "predict", "--checkpoint", small.Checkpoint, image, "--calibration", file, "--json", "-", "--quiet");
        Assert.True(predicted.ExitCode == 0, predicted.Error);
        Assert.Equal(
            [true, false, true],
            JsonNode.Parse(predicted.Out)![0]!["heads"]!.AsArray().Select(h => h!["labels"]!.AsArray().All(l => (bool)l!["calibrated"]!)));
    }

    [Fact]
    public async Task Split_that_the_errors_are_measured_on_by_default_is_refused_for_fitting()
    {
        var run = await CommandLineRun.Of(
            "calibrate", "--checkpoint", small.Checkpoint, "--config", Catalogue(), "--dataset", "View", "--split", "test", "--out",
            _folder.PathOf("none.json"));
        run.AssertRefused("MeasureOn", "another split");
        Assert.False(File.Exists(_folder.PathOf("none.json")));
    }

    [Theory]
    [InlineData(CalibrationMethod.Temperature)]
    [InlineData(CalibrationMethod.Isotonic)]
    public async Task Labels_of_a_merged_head_that_the_dataset_lacks_are_left_as_they_are(CalibrationMethod method)
    {
        using var model = LoadedModel.Load(Merged());
        var head = Assert.Single((await Fit(model, method, Dataset("A", "Mass", "Pleural_effusion"))).Heads);
        Assert.Equal(MergedHead.Name, head.Name);
        Assert.Equal(["Pleural Effusion", "Edema", "Mass"], head.Labels.Select(l => l.Name));
        // Columns come in the head's order, by name: a third of the images shows a mass, a half an effusion.
        Assert.Equal(
            [(Pictures / 2, Pictures / 2), (0, 0), (Pictures / 3, Pictures * 2 / 3)], head.Labels.Select(l => (l.Positives, l.Negatives)));
        Assert.All((int[])[0, 2], k => Assert.NotNull(head.Labels[k].EceBefore));
        var absent = head.Labels[1];
        Assert.Equal((null, null, null), (absent.EceBefore, absent.EceAfter, absent.EceByChance));
        double[] logits = [0.3, -1.25, 2];
        var corrected = new double[3];
        head.Apply(logits, corrected);
        Assert.Equal(1 / (1 + Math.Exp(1.25)), corrected[1], 1e-12);
        Assert.Equal([absent.Name], CalibrationFile.ToJson(new Calibration("x", ModelRole.Teacher, [head]))["heads"]![0]!["labels"]!
            .AsArray()
            .Where(l => l!["ece_before"] is null)
            .Select(l => (string)l!["name"]!));
    }

    [Fact]
    public async Task Two_datasets_of_one_head_are_refused_and_both_are_named()
    {
        using var model = LoadedModel.Load(Merged());
        var error = await Assert.ThrowsAsync<ArkInputException>(() => Fit(
            model, CalibrationMethod.Temperature, Dataset("First", "Mass"), Dataset("Second", "Edema")));
        Assert.Contains("'First'", error.Message, StringComparison.Ordinal);
        Assert.Contains("'Second'", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true, "Pleural Effusion", "Edema", "Mass")]
    [InlineData(false, "Effusion", "Edema", "Mass")]
    public async Task Calibration_does_not_depend_on_the_order_of_the_datasets_labels(bool merged, params string[] labels)
    {
        using var model = LoadedModel.Load(merged ? Merged() : small.Checkpoint);
        var expected = await Fit(model, CalibrationMethod.Isotonic, Dataset("Set", labels));
        foreach (var order in (int[][])[[2, 0, 1], [1, 0, 2]])
        {
            var other = await Fit(model, CalibrationMethod.Isotonic, Dataset("Set", [.. order.Select(o => labels[o])]));
            Assert.Equal(CalibrationFile.ToJson(expected).ToJsonString(), CalibrationFile.ToJson(other).ToJsonString());
        }

        Assert.Equal(3, expected.Heads[0].Labels.Select(l => l.EceBefore).Distinct().Count());
    }

    private static Task<Calibration> Fit(LoadedModel model, CalibrationMethod method, params ArkDataset[] datasets) =>
        new ArkCalibrator(new NetVipsImageDecoder()).CalibrateAsync(
            model, datasets, new CalibrationOptions { Method = method, Sensitivities = [0.9] }, cancellationToken: Token);

    // The first letter of a label says which images show it: every second, third or fourth.
    private static float TargetOf(string label, int image) =>
        image % (label[0] switch { 'M' => 3, 'E' when label != "Effusion" => 4, _ => 2 }) == 0 ? 1 : 0;

    private ArkDataset Dataset(string name, params string[] labels)
    {
        ImageSample[] samples = [.. Enumerable.Range(0, Pictures).Select(i => new ImageSample(
            new ImageFile(Path.Combine(small.Images, $"{i:D2}.png")), [.. labels.Select(l => TargetOf(l, i))]))];
        return new ArkDataset(name, new PhantomPictures.Dataset(new LabelSchema(LabelTask.MultiLabel, labels), samples, samples));
    }

    /// <summary>A network with the one head of a run whose datasets share it.</summary>
    private string Merged()
    {
        var configuration = SmallModel.Configuration with
        {
            Heads = [new ArkHead(MergedHead.Name, new LabelSchema(LabelTask.MultiLabel, ["Pleural Effusion", "Edema", "Mass"]))]
        };
        using var model = new ArkModel(configuration, new Generator(8));
        Safetensors.Save(
            _folder.PathOf("merged.safetensors"),
            model.state_dict(),
            new Dictionary<string, string> { [StoredDescription.MetadataKey] = StoredDescription.ToJson(configuration) });
        return _folder.PathOf("merged.safetensors");
    }

    private string Catalogue()
    {
        string Entry(string name, string task, params string[] labels)
        {
            foreach (var (split, first) in ((string, int)[])[("train", 0), ("val", 0), ("test", 12)])
                _folder.Write($"{name}-{split}.txt", string.Concat(
                    Enumerable.Range(first, 12).Select(i => $"{i:D2}.png {string.Join(' ', labels.Select(l => TargetOf(l, i)))}\n")));
            return $"{name}:\n  data_dir: {small.Images}\n  train_list: {name}-train.txt\n  val_list: {name}-val.txt\n  test_list: "
                + $"{name}-test.txt\n  diseases: [{string.Join(", ", labels)}]\n  task_type: {task} classification\n";
        }

        return _folder.Write("sets.yaml", Entry("Findings", "multi-label", "Effusion", "Edema", "Mass") + Entry("View", "binary", "AP"));
    }
}
