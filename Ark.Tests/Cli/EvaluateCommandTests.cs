using System.Text.Json.Nodes;
using Ark.Data;
using Ark.Evaluation;
using Ark.Inference;
using Ark.Models;

namespace Ark.Tests.Cli;

public class EvaluateCommandTests(TrainedPhantom trained) : IClassFixture<TrainedPhantom>
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("PhantomFindings", 1)]
    [InlineData("PhantomTriage", 10)]
    [InlineData("PhantomView", 10)]
    public async Task Evaluate_reads_heads_of_every_kind_and_its_predictions_give_the_same_figures_again(string dataset, int crops)
    {
        var table = PathOf($"{dataset}.parquet");
        var figures = await Evaluate(
            "--dataset", dataset, "--crops", $"{crops}", "--batch-size", "20", "--intervals", "50", "--threshold", "0.4", "--predictions",
            table);
        Assert.Equal("patient", (string?)figures["resampling"]!["unit"]);
        Assert.Equal(2, figures["intervals"]!["mean_auroc"]!.AsArray().Count);
        var read = await PredictionFile.ReadAsync(table, Cancellation);
        Assert.Equal((int)figures["images"]!, read.Count);
        Assert.All(read.Names!, n => Assert.Matches("^[^/]*images/[^/]+\\.png$", n));
        Assert.True(read.Patients!.Distinct().Count() < read.Count);
        var definition = DatasetCatalogue.Load(trained.Catalogue).Get(dataset);
        var again = new Predictions(definition.Labels, [.. Enumerable.Range(0, read.Count)
            .SelectMany(i => Enumerable.Range(0, read.Labels.Count).Select(k => read.Target(i, k)))],
            [.. Enumerable.Range(0, read.Count)
                .SelectMany(i => Enumerable.Range(0, read.Labels.Count).Select(k => read.Probability(i, k)))],
            read.Names, read.Patients)
            .Evaluate(
                dataset, DatasetSplit.Test, ModelRole.Teacher, definition.TestLabels,
                new ScoringOptions { Replicates = 50, Threshold = 0.4 }, cancellationToken: Cancellation);
        Assert.Equal(again.ToJson().ToJsonString(), figures.ToJsonString());
    }

    [Theory]
    [InlineData("bf16")]
    [InlineData("int8")]
    public async Task Evaluate_in_less_precision_changes_the_probabilities_a_little_where_the_processor_has_it(string rounded)
    {
        async Task<float[]> Probabilities(string precision)
        {
            var table = PathOf($"{precision}.parquet");
            await Evaluate("--dataset", "PhantomFindings", "--precision", precision, "--predictions", table);
            var read = await PredictionFile.ReadAsync(table, Cancellation);
            return [.. Enumerable.Range(0, read.Count)
                .SelectMany(i => Enumerable.Range(0, read.Labels.Count).Select(k => (float)read.Probability(i, k)))];
        }

        var (single, less) = (await Probabilities("fp32"), await Probabilities(rounded));
        Assert.All(single.Zip(less), p => Assert.Equal(p.First, p.Second, 0.02f));
        if (KernelWidth.IsSupported && (rounded == "int8" ? Int8Kernel.IsSupported : Bf16Kernel.IsSupported)) Assert.NotEqual(single, less);
    }

    [Fact]
    public async Task Evaluate_compares_groups_from_a_table()
    {
        var images = File.ReadLines(DatasetCatalogue.Load(trained.Catalogue).Get("PhantomView").TestList!).Select(l => l.Split(' ')[
            0]).ToArray();
        var table = PathOf("metadata.csv");
        await File.WriteAllTextAsync(table, "image,Sex,Age\n" + string.Concat(
            images.Select((n, i) => $"{Path.GetFileName(n)},{(i % 2 == 0 ? "F" : "M")},{20 + (i * 7 % 60)}\n")), Cancellation);
        var figures = await Evaluate(
            "--dataset", "PhantomView", "--groups", "Sex,Age", "--metadata", table, "--bands", "50", "--labels", "AP");
        var groups = figures["groups"]!.AsArray();
        Assert.Equal(["Sex", "Age"], groups.Select(g => (string?)g!["column"]));
        Assert.Equal(["F", "M"], groups[0]!["groups"]!.AsArray().Select(g => (string?)g!["value"]));
        Assert.Equal(["under 50", "50 and over"], groups[1]!["groups"]!.AsArray().Select(g => (string?)g!["value"]));
        Assert.Equal(images.Length, groups[0]!["groups"]!.AsArray().Sum(g => (int)g!["images"]!));
    }

    [Fact]
    public async Task Compare_tests_two_tables_and_prints_both()
    {
        var (student, teacher) = (PathOf("student.csv"), PathOf("teacher.csv"));
        await Evaluate("--dataset", "PhantomFindings", "--weights", "student", "--predictions", student);
        var figures = await Evaluate("--dataset", "PhantomFindings", "--predictions", teacher);
        var compared = await CommandLineRun.Of("compare", student, teacher, "--intervals", "20", "--json", "-");
        Assert.True(compared.ExitCode == 0, compared.Error);
        var document = JsonNode.Parse(compared.Out)!;
        Assert.Equal(
            figures["labels"]!.AsArray().Select(l => (double?)l!["auroc"]),
            document["labels"]!.AsArray().Select(l => (double?)l!["second_auroc"]));
        Assert.Contains("independent", compared.Error, StringComparison.Ordinal);
        var table = await CommandLineRun.Of("compare", student, teacher, "--quiet");
        Assert.Contains("DeLong", table.Out, StringComparison.Ordinal);
        Assert.Empty(table.Error);
    }

    [Fact]
    public async Task Evaluate_warns_where_validation_and_test_are_the_same_images()
    {
        var catalogue = Path.Combine(Path.GetDirectoryName(trained.Catalogue)!, "same.yaml");
        await File.WriteAllTextAsync(catalogue, (await File.ReadAllTextAsync(trained.Catalogue, Cancellation)).Replace(
            "PhantomView/val.txt", "PhantomView/test.txt", StringComparison.Ordinal), Cancellation);
        string[] common = ["evaluate", "--checkpoint", trained.Checkpoint, "--dataset", "PhantomView", "--quiet"];
        Assert.Contains(
            "warning: PhantomView: validation and test are the same images",
            (await CommandLineRun.Of([.. common, "--config", catalogue])).Error,
            StringComparison.Ordinal);
        var other = await CommandLineRun.Of([.. common, "--config", trained.Catalogue]);
        Assert.Equal((0, ""), (other.ExitCode, other.Error));
    }

    [Theory]
    [InlineData("--threshold", "2", "--threshold")]
    [InlineData("--threshold", "0,5", "0,5")]
    [InlineData("--intervals", "-1", "--intervals")]
    [InlineData("--crops", "5", "crops")]
    [InlineData("--labels", "Mass", "Mass")]
    [InlineData("--predictions", "out.xlsx", "out.xlsx")]
    [InlineData("--metadata", "m.csv", "--groups")]
    [InlineData("--groups", "Sex", "--metadata")]
    public async Task Evaluate_refuses_an_option_that_cannot_be(string option, string value, string named) =>
        (await CommandLineRun.Of(
            "evaluate", "--checkpoint", trained.Checkpoint, "--config", trained.Catalogue, "--dataset", "PhantomView", option,
            value)).AssertRefused(named);

    [Fact]
    public async Task Compare_refuses_a_file_that_is_not_there() =>
        (await CommandLineRun.Of("compare", "none.csv", "none.csv")).AssertRefused("none.csv");

    [Fact]
    public async Task Report_is_drawn_again_from_the_metrics_alone()
    {
        var folder = PathOf("redrawn");
        Directory.CreateDirectory(folder);
        File.Copy(Path.Combine(trained.Run, "metrics.jsonl"), Path.Combine(folder, "metrics.jsonl"));
        var drawn = await CommandLineRun.Of("report", folder);
        Assert.True(drawn.ExitCode == 0, drawn.Error);
        Assert.Contains(
            "Mean test AUROC, PhantomTriage",
            await File.ReadAllTextAsync(Path.Combine(folder, "report.html"), Cancellation),
            StringComparison.Ordinal);
        var before = await File.ReadAllTextAsync(Path.Combine(trained.Run, "report.html"), Cancellation);
        await CommandLineRun.Of("report", trained.Run);
        Assert.Equal(before, await File.ReadAllTextAsync(Path.Combine(trained.Run, "report.html"), Cancellation));
        (await CommandLineRun.Of("report", trained.Folder)).AssertRefused("metrics.jsonl");
    }

    private string PathOf(string name) => Path.Combine(trained.Folder, name);

    private async Task<JsonObject> Evaluate(params string[] more)
    {
        var run = await CommandLineRun.Of(
        [
            "evaluate", "--checkpoint", trained.Checkpoint, "--config", trained.Catalogue, "--json", "-", "--quiet", .. more
        ]);
        Assert.True(run.ExitCode == 0, run.Error);
        return JsonNode.Parse(run.Out)!.AsObject();
    }
}
