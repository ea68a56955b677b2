using Ark.Evaluation;

namespace Ark.Tests.Training;

public sealed class PredictionFileTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("p.csv")]
    [InlineData("p.parquet")]
    public async Task Predictions_come_back_as_they_were(string name)
    {
        var schema = new LabelSchema(LabelTask.MultiLabel, ["Mass, \"large\"", "Ödem"]);
        var written = new Predictions(
            schema,
            [1, float.NaN, 0, 1, float.NaN, 0],
            [0.1f, 1f / 3, 1e-9f, 0.25f, 1, 0],
            ["a,b.png", "=cmd|' /C calc'!A0", "'@c.png"],
            ["p1", null, "-2"]);
        await PredictionFile.WriteAsync(_folder.PathOf(name), written, Cancellation);
        var read = await PredictionFile.ReadAsync(_folder.PathOf(name), Cancellation);
        Assert.Equal(schema.Names, read.Labels.Names);
        Assert.Equal(written.Names, read.Names);
        Assert.Equal(written.Patients, read.Patients);
        for (var k = 0; k < 2; k++) Assert.Equal(written.Targets(k), read.Targets(k));
        for (var k = 0; k < 2; k++) Assert.Equal(written.Probabilities(k), read.Probabilities(k));
    }

    [Theory]
    [InlineData("p.csv")]
    [InlineData("p.parquet")]
    public async Task A_table_without_patients_says_so_and_leaves_a_comparison_to_those_of_the_other(string name)
    {
        var schema = new LabelSchema(LabelTask.Binary, ["TB"]);
        float[] targets = [1, 0, 1, 0];
        await PredictionFile.WriteAsync(
            _folder.PathOf(name), new Predictions(schema, targets, [0.9f, 0.1f, 0.4f, 0.6f], ["a", "b", "c", "d"]), Cancellation);
        var read = await PredictionFile.ReadAsync(_folder.PathOf(name), Cancellation);
        Assert.Null(read.Patients);
        var other = new Predictions(schema, targets, [0.8f, 0.2f, 0.7f, 0.3f], ["a", "b", "c", "d"], ["p1", "p1", "p2", "p2"]);
        Assert.True(ModelComparison.Of(read, other, new ScoringOptions { Replicates = 20 }, Cancellation).Resampling!.ByPatient);
    }

    [Theory]
    [InlineData("image,target_A,probability_A,target_A,probability_A", "Label names must be unique")]
    [InlineData("image,target_,probability_", "A label name is empty")]
    [InlineData("image,target_A", "has no column 'probability_LABEL'")]
    public async Task ReadAsync_refuses_columns_that_are_no_labels(string header, string problem)
    {
        var path = _folder.PathOf("p.csv");
        await File.WriteAllTextAsync(path, $"{header}\na.png,1,0.5,1,0.5\n", Cancellation);
        var error = await Assert.ThrowsAsync<ArkInputException>(() => PredictionFile.ReadAsync(path, Cancellation));
        Assert.Contains(problem, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Names_that_a_spreadsheet_would_compute_are_written_as_texts()
    {
        var path = _folder.PathOf("p.csv");
        var predictions = new Predictions(new LabelSchema(LabelTask.Binary, ["TB"]), [1, 0], [0.5f, 0.25f], ["=1+1", "@x"], ["+7", null]);
        await PredictionFile.WriteAsync(path, predictions, Cancellation);
        var lines = await File.ReadAllLinesAsync(path, Cancellation);
        Assert.StartsWith("'=1+1,'+7,", lines[1], StringComparison.Ordinal);
        Assert.StartsWith("'@x,,", lines[2], StringComparison.Ordinal);
    }

    [Fact]
    public void Some_labels_of_predictions_are_the_same_columns()
    {
        var all = new Predictions(
            new LabelSchema(LabelTask.MultiLabel, ["a", "b", "c"]), [1, 0, 1, 0, 1, 0], [0.1f, 0.2f, 0.3f, 0.4f, 0.5f, 0.6f], ["x", "y"]);
        var some = all.Only(["c", "a", "unknown"]);
        Assert.Equal(["a", "c"], some.Labels.Names);
        Assert.Equal([0.3f, 0.6f], some.Probabilities(1));
        Assert.Equal([1f, 0f], some.Targets(0));
        Assert.Same(all, all.Only(null));
        var classes = new Predictions(
            new LabelSchema(LabelTask.MultiClass, ["a", "b"]), [1, 0, 0, 1], [0.9f, 0.1f, 0.4f, 0.6f], ["x", "y"]);
        Assert.Equal([0.1f, 0.6f], classes.Only(["b"]).Probabilities(0));
    }

    [Fact]
    public async Task A_table_is_what_pandas_expects()
    {
        await PredictionFile.WriteAsync(
            _folder.PathOf("p.csv"),
            new Predictions(new LabelSchema(LabelTask.Binary, ["TB"]), [1, float.NaN], [0.5f, 0.125f]),
            Cancellation);
        Assert.Equal(
            "image,patient,target_TB,probability_TB\n0,,1,0.5\n1,,,0.125\n",
            await File.ReadAllTextAsync(_folder.PathOf("p.csv"), Cancellation));
    }

    [Theory]
    [InlineData("image,target_A,probability_A\nx,0.5,0.1\n", "line 2", "target_A")]
    [InlineData("image,target_A,probability_A\nx,1,high\n", "line 2", "probability_A")]
    [InlineData("image,target_A,probability_A\nx,1,NaN\n", "line 2", "probability_A")]
    [InlineData("image,probability_A\nx,1\n", "header", "target_A")]
    [InlineData("target_A,probability_A\n1,1\n", "header", "image")]
    [InlineData("image,patient\nx,y\n", "header", "probability_")]
    [InlineData("image,target_A,probability_A\nx,1\n", "line 2", "fields")]
    public async Task A_faulty_table_is_refused_by_line_and_column(string text, string place, string word)
    {
        await File.WriteAllTextAsync(_folder.PathOf("p.csv"), text, Cancellation);
        var error = await Assert.ThrowsAsync<ArkInputException>(() => PredictionFile.ReadAsync(_folder.PathOf("p.csv"), Cancellation));
        Assert.Contains(place, error.Message, StringComparison.Ordinal);
        Assert.Contains(word, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_damaged_parquet_file_is_refused()
    {
        await PredictionFile.WriteAsync(
            _folder.PathOf("p.parquet"), new Predictions(new LabelSchema(LabelTask.Binary, ["TB"]), [1], [0.5f]), Cancellation);
        var bytes = await File.ReadAllBytesAsync(_folder.PathOf("p.parquet"), Cancellation);
        await File.WriteAllBytesAsync(_folder.PathOf("p.parquet"), bytes[..(bytes.Length / 2)], Cancellation);
        Assert.Contains("p.parquet", (await Assert.ThrowsAsync<ArkInputException>(() => PredictionFile.ReadAsync(
            _folder.PathOf("p.parquet"), Cancellation))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Another_extension_is_refused() =>
        await Assert.ThrowsAsync<ArkInputException>(() => PredictionFile.WriteAsync(
            _folder.PathOf("p.xlsx"), new Predictions(new LabelSchema(LabelTask.Binary, ["TB"]), [1], [0.5f]), Cancellation));
}
