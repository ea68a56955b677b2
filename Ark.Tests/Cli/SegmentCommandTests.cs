using System.Text.Json.Nodes;
using Ark.Data;
using Ark.Evaluation;
using Ark.Inference;
using Microsoft.Extensions.DependencyInjection;

namespace Ark.Tests.Cli;

public class SegmentCommandTests(MaskedPhantom phantom) : IClassFixture<MaskedPhantom>
{
    private static readonly string[] Small = ["--img-size", "32", "--width", "16", "--epochs", "1", "--warmup-epochs", "0", "--quiet"];

    [Fact]
    public async Task Train_evaluate_and_predict_write_what_they_promise()
    {
        var folder = phantom.PathOf("command");
        var trained = await CommandLineRun.Of(
        [
            "segment", "train", "--config", phantom.Catalogue, "--out", folder, "--json", "-", .. Small
        ]);
        Assert.True(trained.ExitCode == 0, trained.Error);
        var checkpoint = Path.Combine(folder, "checkpoints", "best.pth.tar");
        var test = JsonNode.Parse(trained.Out)!["trials"]![0]!["test"]!;

        var evaluated = await CommandLineRun.Of(
            "segment", "evaluate", "--checkpoint", checkpoint, "--config", phantom.Catalogue, "--bootstrap", "50", "--json", "-",
            "--quiet");
        Assert.True(evaluated.ExitCode == 0, evaluated.Error);
        var figures = JsonNode.Parse(evaluated.Out)!;
        Assert.Equal(
            ("PhantomSegmentation", "test", 38), ((string)figures["dataset"]!, (string)figures["split"]!, (int)figures["images"]!));
        Assert.Equal("patient", (string)figures["resampling"]!["unit"]!);
        Assert.Equal(2, figures["structures"]![0]!["intervals"]!["dice"]!.AsArray().Count);
        Assert.Null(figures["structures"]![0]!["hd95_mm"]);

        var stretched = await CommandLineRun.Of(
            "segment", "evaluate", "--checkpoint", checkpoint, "--config", phantom.Catalogue, "--bootstrap", "0", "--stretch", "--json",
            "-", "--quiet");
        Assert.True(stretched.ExitCode == 0, stretched.Error);
        Assert.Equal((null, true), ((bool?)figures["stretch"], (bool?)JsonNode.Parse(stretched.Out)!["stretch"]));
        Assert.NotEqual((double)figures["mean_dice"]!, (double)JsonNode.Parse(stretched.Out)!["mean_dice"]!);

        var rough = await CommandLineRun.Of(
            "segment", "evaluate", "--checkpoint", checkpoint, "--config", phantom.Catalogue, "--bootstrap", "0", "--raw-masks", "--json",
            "-", "--quiet");
        Assert.True(rough.ExitCode == 0, rough.Error);
        var found = JsonNode.Parse(rough.Out)!;
        Assert.Equal((null, true, true), ((bool?)figures["raw_masks"], (bool?)found["raw_masks"], (bool?)test["raw_masks"]));
        Assert.NotEqual((double)figures["mean_dice"]!, (double)found["mean_dice"]!);
        Assert.Equal((double)test["structures"]![1]!["dice"]!, (double)found["structures"]![1]!["dice"]!, 1e-12);

        var first = ((ImageFile)(await phantom.Dataset().Adapter.ReadAsync(DatasetSplit.Test, TestContext.Current.CancellationToken))[
            0].Image).Name;
        var whole = await File.ReadAllBytesAsync(first, TestContext.Current.CancellationToken);
        try
        {
            await File.WriteAllTextAsync(first, "no picture", TestContext.Current.CancellationToken);
            string[] line =
            [
                "segment", "evaluate", "--checkpoint", checkpoint, "--config", phantom.Catalogue, "--bootstrap", "0", "--json", "-"
            ];
            (await CommandLineRun.Of(line)).AssertRefused(Path.GetFileName(first));
            var left = await CommandLineRun.Of([.. line, "--bad-images", "skip"]);
            Assert.True(left.ExitCode == 0, left.Error);
            Assert.Equal(37, (int)JsonNode.Parse(left.Out)!["images"]!);
            Assert.Contains("left out", left.Error, StringComparison.Ordinal);
            Assert.Contains(Path.GetFileName(first), left.Error, StringComparison.Ordinal);
        }
        finally
        {
            await File.WriteAllBytesAsync(first, whole, CancellationToken.None);
        }

        var output = phantom.PathOf("predicted");
        var predicted = await CommandLineRun.Of(
            "segment", "predict", "--checkpoint", checkpoint, "--out", output, "--spacing", "2.5", "--json", "-", "--quiet",
            phantom.Picture, phantom.Picture);
        Assert.True(predicted.ExitCode == 0, predicted.Error);
        var measured = JsonNode.Parse(predicted.Out)!.AsArray();
        Assert.Equal(2, measured.Count);
        var lungs = measured[0]!["structures"]![0]!;
        Assert.Equal((int)lungs["area_px"]! * 6.25, (double)lungs["area_mm2"]!, 1e-6);
        var labels = new NetVipsImageDecoder().DecodeFile(Path.Combine(output, (string)measured[1]!["labels"]!));
        Assert.Equal((160, 160), (labels.Width, labels.Height));
        Assert.All(labels.Pixels, p => Assert.InRange(p, 0, 4));
        Assert.NotEqual((string)measured[0]!["overlay"]!, (string)measured[1]!["overlay"]!);
        Assert.Equal(3, new NetVipsImageDecoder().DecodeFile(Path.Combine(output, (string)measured[0]!["overlay"]!)).Channels);
        var bad = phantom.PathOf("bad.png");
        await File.WriteAllTextAsync(bad, "no picture", TestContext.Current.CancellationToken);
        (await CommandLineRun.Of(
            "segment", "predict", "--checkpoint", checkpoint, "--out", phantom.PathOf("stopped"), phantom.Picture, bad,
            phantom.Picture)).AssertRefused("bad.png");
        Assert.Single(JsonNode.Parse(
            await File.ReadAllTextAsync(phantom.PathOf("stopped/measurements.json"), TestContext.Current.CancellationToken))!.AsArray());
        var skipped = await CommandLineRun.Of(
            "segment", "predict", "--checkpoint", checkpoint, "--out", phantom.PathOf("skipped"), "--bad-images", "skip", "--json", "-",
            phantom.Picture, bad, phantom.Picture);
        Assert.Equal(2, JsonNode.Parse(skipped.Out)!.AsArray().Count);
        Assert.Contains("left out", skipped.Error, StringComparison.Ordinal);
        (await CommandLineRun.Of(
            "segment", "predict", "--checkpoint", checkpoint, "--out", phantom.PathOf("none"), "--bad-images", "skip",
            bad)).AssertRefused("cannot be read");

        Assert.Equal(JsonNode.Parse(predicted.Out)!.ToJsonString(), JsonNode.Parse(
            await File.ReadAllTextAsync(Path.Combine(output, "measurements.json"), TestContext.Current.CancellationToken))!.ToJsonString());
    }

    [Fact]
    public async Task Cardiothoracic_ratio_and_the_state_of_masks_are_printed()
    {
        var checkpoint = Fixture.PathOf("phantom_segmenter", "segmenter.pth.tar");
        string[] evaluate =
        [
            "segment", "evaluate", "--checkpoint", checkpoint, "--config", phantom.Catalogue, "--bootstrap", "0", "--quiet"
        ];
        var printed = await CommandLineRun.Of(evaluate);
        Assert.Matches("cardiothoracic ratio: mean 0\\.[3-6][0-9]+ of 38 images; by their masks 0\\.[3-6]", printed.Out);
        Assert.Contains("without small islands", printed.Out, StringComparison.Ordinal);
        var ratio = JsonNode.Parse((await CommandLineRun.Of([.. evaluate, "--json", "-"])).Out)!["cardiothoracic_ratio"]!;
        Assert.Equal((38, 38), ((int)ratio["images"]!, (int)ratio["compared"]!));
        Assert.InRange((double)ratio["mean_absolute_difference"]!, 0, 0.08);
        var raw = (await CommandLineRun.Of([.. evaluate, "--raw-masks", "--stretch"])).Out;
        Assert.Contains("as the network finds them; grey levels stretched", raw, StringComparison.Ordinal);

        string[] predict =
        [
            "segment", "predict", "--checkpoint", checkpoint, "--out", phantom.PathOf("ratios"), "--quiet", phantom.Picture
        ];
        var one = await CommandLineRun.Of(predict);
        Assert.Matches("cardiothoracic ratio: 0\\.[3-6][0-9]+\\s*$", one.Out);
        var two = await CommandLineRun.Of([.. predict, phantom.Picture]);
        Assert.Matches("cardiothoracic ratio: mean 0\\.[3-6][0-9]+, 0\\.[0-9]+ to 0\\.[0-9]+ \\(2 of 2 images\\)", two.Out);
        var json = await CommandLineRun.Of([.. predict, "--json", "-"]);
        Assert.DoesNotContain("cardiothoracic ratio:", json.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Datasets_of_a_catalogue_are_trained_on_as_one_and_gone_on_with_and_measured_one_by_one()
    {
        var text = await File.ReadAllTextAsync(phantom.Catalogue, TestContext.Current.CancellationToken);
        var dataset = text[text.IndexOf("PhantomSegmentation:", StringComparison.Ordinal)..];
        // Written beside the other: paths are relative to a catalogue.
        var catalogue = Path.Combine(Path.GetDirectoryName(phantom.Catalogue)!, "joined.yaml");
        await File.WriteAllTextAsync(catalogue, dataset + dataset
            .Replace("PhantomSegmentation:", "Lungs:", StringComparison.Ordinal)
            .Replace("[lungs, heart, clavicles, ribs]", "[lungs, left]", StringComparison.Ordinal)
            .Replace(
                ", clavicles: left_clavicle+right_clavicle, ribs: left_ribs+right_ribs", ", left: left_lung", StringComparison.Ordinal),
            TestContext.Current.CancellationToken);
        var folder = phantom.PathOf("joined");
        string[] more = ["--arch", "swin_mini", "--decoder", "detailed", "--batch-size", "16", .. Small];
        var trained = await CommandLineRun.Of(["segment", "train", "--config", catalogue, "--out", folder, .. more]);
        Assert.True(trained.ExitCode == 0, trained.Error);
        var config = JsonNode.Parse(
            await File.ReadAllTextAsync(Path.Combine(folder, "config.json"), TestContext.Current.CancellationToken))!["datasets"]![0]!;
        Assert.Equal("PhantomSegmentation+Lungs", (string)config["name"]!);
        Assert.Equal("lungs heart clavicles ribs left", string.Join(' ', config["structures"]!.AsArray()));
        Assert.Contains("PhantomSegmentation+Lungs, test: 76 images", trained.Out, StringComparison.Ordinal);

        File.Delete(Path.Combine(folder, "results.json"));
        var resumed = await CommandLineRun.Of("segment", "train", "--resume", folder, "--quiet");
        Assert.True(resumed.ExitCode == 0, resumed.Error);
        var checkpoint = Path.Combine(folder, "checkpoints", "best.pth.tar");
        string[] evaluate = ["segment", "evaluate", "--checkpoint", checkpoint, "--config", catalogue, "--bootstrap", "0", "--quiet"];
        (await CommandLineRun.Of(evaluate)).AssertRefused("--dataset", "PhantomSegmentation, Lungs");
        var lungs = JsonNode.Parse((await CommandLineRun.Of([.. evaluate, "--dataset", "Lungs", "--json", "-"])).Out)!;
        Assert.Equal(["lungs", "left"], lungs["structures"]!.AsArray().Select(s => (string)s!["name"]!));
        (await CommandLineRun.Of([.. evaluate, "--dataset", "Lungs+Heart"])).AssertRefused("'Heart'");
    }

    [Fact]
    public async Task Trials_have_folders_of_their_own_and_a_summary()
    {
        var folder = phantom.PathOf("trials");
        var run = await CommandLineRun.Of(["segment", "train", "--config", phantom.Catalogue, "--out", folder, "--trials", "2", .. Small]);
        Assert.True(run.ExitCode == 0, run.Error);
        Assert.Contains("±", run.Out, StringComparison.Ordinal);
        var results = JsonNode.Parse(
            await File.ReadAllTextAsync(Path.Combine(folder, "results.json"), TestContext.Current.CancellationToken))!;
        double Dice(int trial) => (double)results["trials"]![trial]!["test"]!["structures"]![0]!["dice"]!;
        Assert.NotEqual(Dice(0), Dice(1));
        Assert.Equal((Dice(0) + Dice(1)) / 2, (double)results["summary"]![0]!["dice"]!, 1e-12);
        Assert.True(File.Exists(Path.Combine(folder, "trial-2", "report.html")));

        // Stopped between the trials, all of them are gone on with at once.
        Directory.Delete(Path.Combine(folder, "trial-2"), recursive: true);
        File.Delete(Path.Combine(folder, "results.json"));
        var resumed = await CommandLineRun.Of("segment", "train", "--resume", folder, "--quiet");
        Assert.True(resumed.ExitCode == 0, resumed.Error);
        var again = JsonNode.Parse(
            await File.ReadAllTextAsync(Path.Combine(folder, "results.json"), TestContext.Current.CancellationToken))!;
        Assert.Equal(results["summary"]!.ToJsonString(), again["summary"]!.ToJsonString());
    }

    [Fact]
    public async Task Segment_train_takes_its_own_line_again_and_refuses_another_value_by_name()
    {
        string[] line =
        [
            "segment", "train", "--config", phantom.Catalogue, "--trials", "2", "--out", phantom.PathOf("scheduled"), "--resume", "auto",
            .. Small
        ];
        var begun = await CommandLineRun.Of(line);
        Assert.True(begun.ExitCode == 0, begun.Error);
        Assert.Contains("is finished", (await CommandLineRun.Of([.. line, "--workers", "1"])).Out, StringComparison.Ordinal);
        foreach (var (option, value, then) in ((string, string, string)[])
        [
            ("--trials", "3", "2"), ("--width", "32", "16"), ("--seed", "4", ""), ("--config", "other.yaml", phantom.Catalogue),
            ("--dataset", "Other", "PhantomSegmentation")
        ])
            (await CommandLineRun.Of(
            [
                "segment", "train", .. line[2..^1].Chunk(2).Where(o => o[0] != option).SelectMany(o => o), option, value
            ])).AssertRefused(option, $"began with {then}");
        File.Delete(phantom.PathOf("scheduled/results.json"));
        var resumed = await CommandLineRun.Of(line);
        Assert.True(resumed.ExitCode == 0, resumed.Error);
        Assert.True(File.Exists(phantom.PathOf("scheduled/results.json")));
    }

    [Fact]
    public async Task Trials_leave_a_folder_alone_that_holds_a_run_or_is_none()
    {
        var file = phantom.PathOf("file");
        await File.WriteAllTextAsync(file, "mine", TestContext.Current.CancellationToken);
        (await CommandLineRun.Of(
        [
            "segment", "train", "--config", phantom.Catalogue, "--out", file, "--trials", "2", .. Small
        ])).AssertRefused("file", "--out");
        (await CommandLineRun.Of(
        [
            "segment", "train", "--config", phantom.Catalogue, "--out", phantom.PathOf("trained"), "--trials", "2", .. Small
        ])).AssertRefused("holds a run already");
        Assert.False(File.Exists(Path.Combine(phantom.PathOf("trained"), "trials.json")));
        var foreign = Path.Combine(Directory.CreateDirectory(phantom.PathOf("clinic")).FullName, "trials.json");
        await File.WriteAllTextAsync(foreign, "{\"nct\": 1}", TestContext.Current.CancellationToken);
        (await CommandLineRun.Of(
        [
            "segment", "train", "--config", phantom.Catalogue, "--out", phantom.PathOf("clinic"), .. Small
        ])).AssertRefused("trials.json");
        Assert.Equal("{\"nct\": 1}", await File.ReadAllTextAsync(foreign, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task A_run_that_a_program_began_without_a_catalogue_is_not_gone_on_with_from_the_command_line()
    {
        var run = phantom.Run("without catalogue", o => o.Epochs = 1) with { Catalogue = null };
        await phantom.TrainAsync(run, cancellationToken: TestContext.Current.CancellationToken);
        (await CommandLineRun.Of("segment", "train", "--resume", run.Directory, "--quiet")).AssertRefused(
            "config.json", "'catalogue'", "program");
    }

    [Fact]
    public async Task Data_check_reads_the_masks_and_counts_the_structures()
    {
        var run = await CommandLineRun.Of("data", "check", "--config", phantom.Catalogue, "--json", "-", "--quiet");
        Assert.True(run.ExitCode == 0, run.Out + run.Error);
        var train = JsonNode.Parse(run.Out)!["datasets"]![0]!["splits"]![0]!;
        Assert.Equal((int)train["images"]!, (int)train["labels"]![0]!["positives"]!);
    }

    [Fact]
    public async Task Figures_are_those_of_the_masks_at_the_pictures_own_resolution()
    {
        using var model = LoadedSegmenter.Load(phantom.Checkpoint);
        var dataset = phantom.Dataset();
        await using var services = new ServiceCollection().AddArk().AddTraining().Services.BuildServiceProvider();
        var evaluation = await services
            .GetRequiredService<SegmentationEvaluator>()
            .EvaluateAsync(model, dataset, DatasetSplit.Test, cancellationToken: TestContext.Current.CancellationToken);
        var samples = await dataset.Adapter.ReadAsync(DatasetSplit.Test, TestContext.Current.CancellationToken);
        var decoder = new NetVipsImageDecoder();
        var dice = samples.Average(s =>
        {
            var image = s.Image.Load(decoder);
            return MaskOverlap.Of(
                model.Segment(image)[0], new Mask(image.Width, image.Height, s.Masks.Load(decoder, image.Width, image.Height).Of(0))).Dice;
        });
        Assert.Equal(dice, evaluation.Structures[0].Dice, 1e-12);
    }

    [Theory]
    [InlineData("train")]
    [InlineData("train --config {0} --lr fast", "--lr", "fast")]
    [InlineData("train --config {0} --img-size 40 --out {1}", "multiple of 16")]
    [InlineData("train --config {0} --dataset Other", "Other")]
    [InlineData("evaluate --checkpoint {2} --config {0}", "no segmentation network")]
    [InlineData("predict --checkpoint missing.pth.tar x.png", "missing.pth.tar")]
    public async Task Wrong_input_is_refused_in_one_line(string line, params string[] words)
    {
        var args = string.Format(System.Globalization.CultureInfo.InvariantCulture, line, phantom.Catalogue, phantom.PathOf(
            "refused"), Fixture.PathOf("phantom_teacher", "teacher.safetensors")).Split(' ');
        (await CommandLineRun.Of(["segment", .. args])).AssertRefused(words);
    }
}
