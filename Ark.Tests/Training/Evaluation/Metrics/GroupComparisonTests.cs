using Ark.Evaluation;
using Ark.Inference;

namespace Ark.Tests.Training;

public sealed class GroupComparisonTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Groups_have_the_figures_of_their_images_alone()
    {
        var predictions = BootstrapTests.Drawn(new RandomStream(4), 120, 2, LabelTask.MultiLabel);
        var groups = new ImageGroups("sex", [.. Enumerable.Range(0, 120).Select(i => i % 5 == 0 ? null : i % 2 == 0 ? "F" : "M")]);
        var comparison = Assert.Single(predictions.Evaluate(
            "set", DatasetSplit.Test, ModelRole.Teacher, scoring: new ScoringOptions { Replicates = 200 }, groups: [groups],
            cancellationToken: TestContext.Current.CancellationToken).Groups);
        Assert.Equal(["F", "M", ImageGroups.Unknown], comparison.Groups.Select(g => g.Value));
        foreach (var (value, figures) in comparison.Groups)
        {
            var alone = predictions
                .Pick([.. Enumerable.Range(0, 120).Where(i => (groups.Values[i] ?? ImageGroups.Unknown) == value)])
                .Evaluate("set", DatasetSplit.Test, ModelRole.Teacher, cancellationToken: TestContext.Current.CancellationToken);
            Assert.Equal(
                (alone.Images, alone.MeanAuroc, alone.Labels[1].Sensitivity),
                (figures.Images, figures.MeanAuroc, figures.Labels[1].Sensitivity));
        }
    }

    [Fact]
    public void Gaps_are_between_the_highest_and_the_lowest_known_group()
    {
        // Group A is read without error, B is read the wrong way round, and what is unknown does not count.
        var (targets, scores, values) = (new List<float>(), new List<float>(), new List<string?>());
        foreach (var (group, sign) in new (string?, int)[] { ("A", 1), ("B", -1), (null, -1) })
        {
            for (var i = 0; i < 40; i++)
            {
                targets.Add(i % 2);
                scores.Add(0.5f + (sign * (i % 2 == 1 ? 0.3f : -0.3f) * ((i + 1) / 40f)));
                values.Add(group);
            }
        }

        var evaluation = new Predictions(new LabelSchema(LabelTask.Binary, ["x"]), [.. targets], [.. scores])
            .Evaluate(
                "set", DatasetSplit.Test, ModelRole.Teacher, scoring: new ScoringOptions { Replicates = 100 },
                groups: [new ImageGroups("site", values)], cancellationToken: TestContext.Current.CancellationToken);
        var gap = evaluation.Groups[0].Gaps.Single(g => g.Figure == "mean_auroc");
        Assert.Equal(("A", "B", 1.0, new ConfidenceInterval(1, 1)), (gap.Highest, gap.Lowest, gap.Gap, gap.Interval));
        Assert.Contains(evaluation.Groups[0].Gaps, g => g is { Figure: "sensitivity", Label: "x", Gap: 1 });
        var json = evaluation.ToJson()["groups"]![0]!;
        Assert.Equal(
            ("site", 3, "mean_auroc"), ((string)json["column"]!, json["groups"]!.AsArray().Count, (string)json["gaps"]![0]!["figure"]!));
    }

    [Fact]
    public void Mean_gap_compares_only_labels_that_every_group_defines()
    {
        // Group B has no positive of the second label, which would drag its mean.
        float[] targets = [1, 1, 0, 0, 1, 0, 0, 0], scores = [0.9f, 0.1f, 0.1f, 0.9f, 0.9f, 0.5f, 0.1f, 0.5f];
        var comparison = new Predictions(new LabelSchema(LabelTask.MultiLabel, ["x", "y"]), targets, scores).Evaluate(
            "set",
            DatasetSplit.Test,
            ModelRole.Teacher,
            groups: [new ImageGroups("site", ["A", "A", "B", "B"])],
            cancellationToken: TestContext.Current.CancellationToken).Groups[0];
        Assert.Equal((0.5, 1.0), (comparison.Groups[0].Figures.MeanAuroc, comparison.Groups[1].Figures.MeanAuroc));
        Assert.Equal(0, comparison.Gaps.Single(g => g.Figure == "mean_auroc").Gap);
        Assert.DoesNotContain(comparison.Gaps, g => g.Label == "y" && g.Figure == "auroc");
    }

    [Fact]
    public void A_table_is_matched_by_path_file_name_or_patient()
    {
        ImageSample[] samples =
        [
            Sample("/data/p1/study/a.png", "1"), Sample("/data/p2/study/a.png", "2"), Sample("/data/b.dicom", "3"),
            Sample("/data/c.png", "4")
        ];
        Assert.Equal(["F", "M", "F", null], Read("Path,Sex\np1/study/a.png,F\np2/study/a.png,M\nb,F\nother.png,M\n", "Sex", samples));
        Assert.Equal(["F", "M", null, "M"], Read("subject_id,Sex\n1,F\n2,M\n3,\n4,M\n", "sex", samples));
    }

    [Fact]
    public void Numbers_of_many_values_are_put_into_bands()
    {
        var samples = Enumerable.Range(0, 12).Select(i => Sample($"{i}.png", null)).ToArray();
        var table = "image,Age\n" + string.Concat(samples.Select((s, i) => $"{s.Image.Name},{(i == 11 ? "" : $"{i * 9:D3}Y")}\n"));
        var usual = GroupReader.Read(new GroupColumn("Age") { Metadata = _folder.Write("m.csv", table) }, samples);
        Assert.Equal(
            ["under 20", "20 to under 40", "40 to under 60", "60 to under 80", "80 and over", ImageGroups.Unknown], usual.Distinct());
        var given = GroupReader.Read(new GroupColumn("Age") { Metadata = _folder.PathOf("m.csv"), Bands = [65] }, samples);
        Assert.Equal(["under 65", "65 and over", ImageGroups.Unknown], given.Distinct());
    }

    [Fact]
    public void A_column_of_the_datasets_own_csv_is_read_by_line()
    {
        var list = _folder.Write("list.csv", "Path,Sex,A\nx.png,F,1\nx.png,M,0\n");
        ImageSample[] samples = [Sample("x.png", null) with { Place = new(list, 3) }, Sample("x.png", null) with { Place = new(list, 2) }];
        Assert.Equal(["M", "F"], GroupReader.Read(new GroupColumn("Sex"), samples).Values);
    }

    [Theory]
    [InlineData("image,Age\nx.png,1\n", "Sex", "Sex")]
    [InlineData("name,Sex\nx.png,F\n", "Sex", "image column")]
    [InlineData("image,Sex\ny.png,F\n", "Sex", "no image of the split")]
    [InlineData("image,Sex\nx.png,F\nx.png,M\n", "Sex", "line 3")]
    public void A_table_that_does_not_serve_is_refused(string table, string column, string word) =>
        Assert.Contains(
            word, Assert.Throws<ArkInputException>(() => Read(table, column, [Sample("x.png", null)])).Message, StringComparison.Ordinal);

    [Fact]
    public void A_dataset_without_a_csv_needs_a_table() =>
        Assert.Contains("'Metadata'", Assert.Throws<ArkInputException>(() => GroupReader.Read(
            new GroupColumn("Sex"), [Sample("x.png", null) with { Place = new("list.txt", 1) }])).Message, StringComparison.Ordinal);

    private IReadOnlyList<string?> Read(string table, string column, ImageSample[] samples) =>
        GroupReader.Read(new GroupColumn(column) { Metadata = _folder.Write("m.csv", table) }, samples).Values;

    private static ImageSample Sample(string path, string? patient) => new(new ImageFile(path), [1]) { PatientId = patient };
}
