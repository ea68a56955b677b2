using System.Text.Json.Nodes;
using Ark.Data;
using Ark.Evaluation;
using Ark.Inference;
using Ark.Models;
using Ark.Phantom;
using Microsoft.Extensions.DependencyInjection;
using static TorchSharp.torch;

namespace Ark.Tests.Training;

public class ArkCalibratorTests(SmallModel small) : IClassFixture<SmallModel>
{
    [Fact]
    public void The_calibration_error_is_the_distance_of_probability_and_frequency_bin_by_bin()
    {
        // Bins of a fifteenth: 0.12 and 0.13 share one, 0.9 stands alone, 1 falls into the last.
        double[] probabilities = [0.12, 0.13, 0.9, 1, 0.5];
        float[] targets = [1, 0, 1, 1, float.NaN];
        Assert.Equal((Math.Abs(0.25 - 1) + Math.Abs(0.9 - 1) + 0) / 4, CalibrationError.Expected(probabilities, targets)!.Value, 1e-12);
        Assert.Null(CalibrationError.Expected([0.5], [float.NaN]));
    }

    [Theory]
    [InlineData(2.5, 0)]
    [InlineData(0.4, 0)]
    [InlineData(1, -1.5)]
    public void A_temperature_and_an_offset_that_were_put_in_are_found(double temperature, double offset)
    {
        var random = new RandomStream(4);
        var truth = Enumerable.Range(0, 6000).Select(_ => random.Normal(0, 2)).ToArray();
        var targets = truth.Select(z => random.Chance(1 / (1 + Math.Exp(-z))) ? 1f : 0f).ToArray();
        var found = TemperatureFit.OfLabel([.. truth.Select(z => (z - offset) * temperature)], targets);
        Assert.Equal(temperature, found.Temperature, 0.08 * temperature);
        Assert.Equal(offset, found.Offset, 0.12);
    }

    [Fact]
    public void Probabilities_that_the_data_do_not_contradict_are_left_alone()
    {
        var random = new RandomStream(9);
        var logits = Enumerable.Range(0, 150).Select(_ => random.Normal(-1, 1.2)).ToArray();
        var targets = logits.Select(z => random.Chance(1 / (1 + Math.Exp(-z))) ? 1f : 0f).ToArray();
        Assert.Equal((1, 0), TemperatureFit.OfLabel(logits, targets));
        Assert.Equal((1, 0), TemperatureFit.OfLabel([1, 2, 3], [1, 1, 1]));
    }

    [Fact]
    public async Task A_calibration_of_the_other_network_and_shares_that_are_none_are_refused()
    {
        var calibration = new Calibration("x.pth.tar", ModelRole.Teacher, []);
        Assert.Contains(
            "fitted for the teacher",
            Assert.Throws<ArkInputException>(() => calibration.CheckedFor(ModelRole.Student, [])).Message,
            StringComparison.Ordinal);
        using var model = LoadedModel.Load(small.Checkpoint);
        var error = await Assert.ThrowsAsync<ArkInputException>(() => new ArkCalibrator(new NetVipsImageDecoder()).CalibrateAsync(
            model, [], new CalibrationOptions { Sensitivities = [0, 0.9] }, cancellationToken: TestContext.Current.CancellationToken));
        Assert.Contains("0 is no share", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Isotonic_regression_pools_what_falls_as_scikit_learn_does()
    {
        // IsotonicRegression().fit([.1 .2 .3 .4 .5 .6 .6 .9], [0 1 0 0 1 1 0 1]) gives 0, 1/3 three times, 2/3 twice (the mean at .6 counts
        // two), 1.
        var (from, to) = IsotonicFit.Fit([0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.6, 0.9, 0.7], [0, 1, 0, 0, 1, 1, 0, 1, float.NaN]);
        Assert.Equal([0.1, 0.2, 0.4, 0.5, 0.6, 0.9], from);
        Assert.All(to.Zip([0, 1 / 3.0, 1 / 3.0, 2 / 3.0, 2 / 3.0, 1]), p => Assert.Equal(p.Second, p.First, 1e-12));
        var label = new LabelCalibration { Name = "x", From = from, To = to };
        Assert.Equal(0, label.Curve(0.05));
        Assert.Equal(0.5 * (1 / 3.0), label.Curve(0.15), 1e-12);
        Assert.Equal(1, label.Curve(0.95));
    }

    [Fact]
    public void Thresholds_keep_their_promise_and_give_the_most_of_the_other()
    {
        double[] probabilities = [0.1, 0.2, 0.3, 0.4, 0.6, 0.7, 0.8, 0.9];
        float[] targets = [0, 0, 1, 0, 1, 0, 1, 1];
        var sensitive = ThresholdChoice.Choose("sensitivity", 0.75, probabilities, targets)!;
        Assert.Equal((0.6, 0.75, 0.75), (sensitive.Threshold, sensitive.Sensitivity, sensitive.Specificity));
        var specific = ThresholdChoice.Choose("specificity", 0.75, probabilities, targets)!;
        Assert.True(specific.Threshold is > 0.4 and < 0.6);
        Assert.Equal((0.75, 0.75), (specific.Sensitivity, specific.Specificity));
        Assert.Null(ThresholdChoice.Choose("specificity", 0.5, [0.5], [1]));
    }

    [Theory]
    [InlineData(CalibrationMethod.Temperature)]
    [InlineData(CalibrationMethod.Isotonic)]
    public async Task On_phantom_data_the_error_of_an_overconfident_teacher_falls_on_images_that_were_not_used(CalibrationMethod method)
    {
        using var folder = new TemporaryFolder();
        using var model = Overconfident(folder, 8);
        var dataset = new ArkDataset("PhantomPneumothorax", new PhantomPictures.Dataset(new LabelSchema(LabelTask.Binary, ["Pneumothorax"]),
            PhantomPictures.Samples(PhantomFinding.Pneumothorax, 120, 1), PhantomPictures.Samples(PhantomFinding.Pneumothorax, 160, 5000)));
        var calibration = await new ArkCalibrator(new NetVipsImageDecoder()).CalibrateAsync(
            model,
            [dataset],
            new CalibrationOptions { Method = method, Sensitivities = [0.9] },
            null,
            TestContext.Current.CancellationToken);
        var label = Assert.Single(Assert.Single(calibration.Heads).Labels);
        Assert.True(
            label.EceAfter < label.EceBefore && label.EceAfter < 1.25 * label.EceByChance,
            $"{label.EceBefore:F3} -> {label.EceAfter:F3}, by chance {label.EceByChance:F3}");
        if (method == CalibrationMethod.Temperature) Assert.InRange(label.Temperature, 4, 16);
        Assert.True(label.OperatingPoints[0].Sensitivity >= 0.9);

        var path = folder.PathOf("calibration.json");
        calibration.Save(path);
        Assert.Equal(CalibrationFile.ToJson(calibration).ToJsonString(), CalibrationFile.ToJson(Calibration.Load(path)).ToJsonString());
    }

    [Fact]
    public async Task Predict_and_hosts_use_the_calibration_and_say_so()
    {
        var path = small.PathOf("calibration.json");
        new Calibration("model", ModelRole.Teacher,
        [
            // Another order than the head's.
            new HeadCalibration("Findings", CalibrationMethod.Temperature, LabelTask.MultiLabel,
            [
                new() { Name = "Mass", Temperature = 2 }, new() { Name = "Effusion", Offset = 1 },
                new() { Name = "Edema", Temperature = 0.5 }
            ]),
            new HeadCalibration(
                "Triage",
                CalibrationMethod.Temperature,
                LabelTask.MultiClass,
                [.. ((string[])["Normal", "Other", "Pleural Effusion"]).Select(n => new LabelCalibration { Name = n, Temperature = 4 })]),
        ]).Save(path);
        var image = Path.Combine(small.Images, "00.png");
        var plain = JsonNode.Parse(
            (await CommandLineRun.Of("predict", "--checkpoint", small.Checkpoint, image, "--json", "-", "--quiet")).Out)![0]!["heads"]!;
        var corrected = JsonNode.Parse((await CommandLineRun.Of(
            "predict", "--checkpoint", small.Checkpoint, image, "--calibration", path, "--json", "-", "--quiet")).Out)![0]!["heads"]!;
        double P(JsonNode heads, int h, int l) => (double)heads[h]!["labels"]![l]!["probability"]!;
        double Logit(double p) => Math.Log(p / (1 - p));
        Assert.Equal(Logit(P(plain, 0, 0)) + 1, Logit(P(corrected, 0, 0)), 1e-9);
        Assert.Equal(Logit(P(plain, 0, 1)) * 2, Logit(P(corrected, 0, 1)), 1e-9);
        Assert.Equal(Logit(P(plain, 0, 2)) / 2, Logit(P(corrected, 0, 2)), 1e-9);
        Assert.Equal(1, P(corrected, 1, 0) + P(corrected, 1, 1) + P(corrected, 1, 2), 1e-12);
        Assert.Equal(Math.Log(P(plain, 1, 0) / P(plain, 1, 1)) / 4, Math.Log(P(corrected, 1, 0) / P(corrected, 1, 1)), 1e-9);
        using var host = small.Host(o => o.Calibration = path);
        var hosted = await host
            .GetRequiredService<IArkClassifier>()
            .ClassifyAsync(new ImageFile(image), TestContext.Current.CancellationToken);
        for (var h = 0; h < hosted.Heads.Count; h++)
            Assert.All(
                hosted.Heads[h].Labels.Select((l, k) => (l.Probability, k)), l => Assert.Equal(P(corrected, h, l.k), l.Probability, 1e-6));
        Assert.Equal(
            (P(plain, 2, 0), true, false),
            (P(corrected, 2, 0), (bool)corrected[0]!["labels"]![0]!["calibrated"]!, (bool)corrected[2]!["labels"]![0]!["calibrated"]!));
    }

    [Theory]
    [InlineData("{}", "no calibration")]
    [InlineData(
        "{\"format\":\"ark-calibration\",\"version\":1,\"checkpoint\":\"\",\"weights\":\"teacher\",\"heads\":[{\"name\":\"h\"}]}",
        "head 1, key 'method': is missing")]
    [InlineData(
        "{\"format\":\"ark-calibration\",\"version\":1,\"checkpoint\":\"\",\"weights\":\"teacher\",\"heads\":[{\"name\":\"h\",\"method\":\"temperature\",\"task\":\"Binary\",\"fitted_on\":\"\",\"measured_on\":\"\",\"labels\":[{\"name\":\"x\",\"temperature\":0,\"offset\":0,\"positives\":1,\"negatives\":1,\"ece_before\":null,\"ece_after\":null,\"ece_by_chance\":null,\"operating_points\":[]}]}]}",
        "label 'x', key 'temperature': is 0, expected a number from")]
    [InlineData("[[[[[[[[[[[[[[[[[[[[[[[[", "no calibration")]
    public async Task A_file_that_is_no_calibration_is_refused(string content, string problem)
    {
        var path = small.PathOf("bad.json");
        await File.WriteAllTextAsync(path, content, TestContext.Current.CancellationToken);
        (await CommandLineRun.Of(
            "predict", "--checkpoint", small.Checkpoint, Path.Combine(small.Images, "00.png"), "--calibration",
            path)).AssertRefused("bad.json", problem);
    }

    /// <summary>The phantom teacher with its heads' weights enlarged: sure of everything, in the same order.</summary>
    private static LoadedModel Overconfident(TemporaryFolder folder, float factor)
    {
        using var scope = NewDisposeScope();
        using var model = ArkModel.Load(PhantomPictures.Teacher);
        var state = model.state_dict().ToDictionary(
            w => w.Key,
            w => w.Key.StartsWith("omni_heads.", StringComparison.Ordinal) ? w.Value * factor : w.Value,
            StringComparer.Ordinal);
        Safetensors.Save(
            folder.PathOf("sure.safetensors"),
            state,
            new Dictionary<string, string> { [StoredDescription.MetadataKey] = StoredDescription.ToJson(model.Configuration) });
        return LoadedModel.Load(folder.PathOf("sure.safetensors"));
    }
}
