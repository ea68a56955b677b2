using System.Text.Json.Nodes;
using Ark.Evaluation;
using Ark.Inference;
using Microsoft.Extensions.DependencyInjection;

namespace Ark.Tests.Cli;

public class EmbedCommandTests(SmallModel small) : IClassFixture<SmallModel>
{
    [Theory]
    [InlineData("safetensors")]
    [InlineData("npz")]
    [InlineData("csv")]
    [InlineData("parquet")]
    public async Task Every_format_gives_back_the_rows_and_names_in_order(string format)
    {
        var path = small.PathOf($"all.{format}");
        var run = await Embed(path, "--input", small.Images, "--batch-size", "7");
        Assert.True(run.ExitCode == 0, run.Error);
        var table = EmbeddingFiles.Load(path, TestContext.Current.CancellationToken);
        Assert.Equal((24, 192), (table.Count, table.Width));
        Assert.Equal(Enumerable.Range(0, 24).Select(i => $"{i:D2}.png"), table.Names);
        Assert.False(Directory.Exists(path + ".partial"));
        var expected = await Rows(EmbeddingKind.Pooled);
        for (var n = 0; n < 24; n++) Assert.All(table.Rows[n].Zip(expected[n]), p => Assert.Equal(p.Second, p.First, 1e-5f));
    }

    [Fact]
    public async Task Bad_files_are_listed_and_the_others_embedded()
    {
        var folder = small.PathOf("mixed");
        Directory.CreateDirectory(folder);
        File.Copy(Path.Combine(small.Images, "03.png"), Path.Combine(folder, "a.png"), overwrite: true);
        await File.WriteAllBytesAsync(Path.Combine(folder, "b.png"), SmallModel.Png(1)[..99], TestContext.Current.CancellationToken);
        File.Copy(Path.Combine(small.Images, "04.png"), Path.Combine(folder, "c.png"), overwrite: true);
        await File.WriteAllTextAsync(
            small.PathOf("mixed/list.txt"), "a.png 1 0\nmissing.png 0 1\nb.png 0 0\nc.png 1 1\n", TestContext.Current.CancellationToken);
        var run = await Embed(small.PathOf("mixed.npz"), "--input", small.PathOf("mixed/list.txt"), "--json", "-", "--batch-size", "1");
        Assert.True(run.ExitCode == 0, run.Error);
        Assert.Equal(["missing.png", "b.png"], JsonNode.Parse(run.Out)!["bad"]!.AsArray().Select(b => (string)b!["image"]!));
        Assert.Equal(["a.png", "c.png"], EmbeddingFiles.Load(small.PathOf("mixed.npz"), TestContext.Current.CancellationToken).Names);
        Assert.Equal(2, File.ReadAllLines(small.PathOf("mixed.npz.bad.txt")).Length);
        Assert.Equal(2, run.Error.Split('\n').Count(l => l.StartsWith("warning: left out", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task An_interrupted_extraction_goes_on_and_gives_the_same_file()
    {
        await Embed(small.PathOf("whole.npz"), "--input", small.Images, "--batch-size", "5", "--projected");
        await using var host = small.Host();
        var images = ImageInputs.Read(small.Images, cancellationToken: TestContext.Current.CancellationToken);
        using var model = LoadedModel.Load(small.Checkpoint);
        using var stop = new CancellationTokenSource();
        var target = small.PathOf("cut.npz");
        var options = new ExtractionOptions { Kind = EmbeddingKind.Projected, BatchSize = 5 };
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => host
            .GetRequiredService<EmbeddingExtractor>()
            .ExtractAsync(model, images, target, options, new Stopper(stop, 10), stop.Token));
        Assert.False(File.Exists(target));
        // A crash may leave rows without a line, and half a line.
        await File.AppendAllTextAsync(target + ".partial/journal.jsonl", "{\"Name\":\"half", TestContext.Current.CancellationToken);
        await File.AppendAllTextAsync(target + ".partial/rows.f32", "xyz", TestContext.Current.CancellationToken);
        var result = await host
            .GetRequiredService<EmbeddingExtractor>()
            .ExtractAsync(model, images, target, options, null, TestContext.Current.CancellationToken);
        Assert.InRange(result.Resumed, 10, 20);
        var (whole, resumed) = (
            EmbeddingFiles.Load(small.PathOf("whole.npz"), TestContext.Current.CancellationToken),
            EmbeddingFiles.Load(target, TestContext.Current.CancellationToken));
        Assert.Equal(whole.Names, resumed.Names);
        for (var n = 0; n < 24; n++) Assert.All(whole.Rows[n].Zip(resumed.Rows[n]), p => Assert.Equal(p.First, p.Second, 1e-6f));
    }

    [Fact]
    public async Task The_start_of_another_extraction_is_not_gone_on_with()
    {
        Directory.CreateDirectory(small.PathOf("other.npz.partial"));
        await File.WriteAllTextAsync(small.PathOf("other.npz.partial/job.json"), "{}", TestContext.Current.CancellationToken);
        (await Embed(small.PathOf("other.npz"), "--input", small.Images)).AssertRefused("other.npz.partial", "another extraction");
    }

    [Fact]
    public async Task Other_pictures_of_the_same_names_and_another_arithmetic_are_another_extraction_and_one_without_a_row_leaves_nothing()
    {
        using var model = LoadedModel.Load(small.Checkpoint);
        EmbeddingJob Job(string folder, Ark.Models.InferencePrecision precision = Ark.Models.InferencePrecision.Fp32) =>
            EmbeddingJob.Of(
                model,
                [new NamedImage("a.png", new ImageFile(Path.Combine(folder, "a.png")))],
                new ExtractionOptions { Precision = precision },
                [192]);
        Assert.Equal(Job("one"), Job("./one"));
        Assert.NotEqual(Job("one"), Job("two"));
        Assert.NotEqual(Job("one"), Job("one", Ark.Models.InferencePrecision.Bf16));

        var list = small.PathOf("names.txt");
        await File.WriteAllTextAsync(list, "nowhere.png\n", TestContext.Current.CancellationToken);
        (await Embed(small.PathOf("mended.npz"), "--input", list)).AssertRefused("mended.npz", "none of the 1 images");
        Assert.False(Directory.Exists(small.PathOf("mended.npz.partial")));
    }

    [Fact]
    public async Task A_journal_that_a_power_cut_filled_with_zeros_ends_before_them()
    {
        using var model = LoadedModel.Load(small.Checkpoint);
        var images = ImageInputs.Read(small.Images, cancellationToken: TestContext.Current.CancellationToken);
        var target = small.PathOf("zeros.npz");
        using (var work = EmbeddingWork.Open(target, EmbeddingJob.Of(model, images, new ExtractionOptions(), [192])))
        {
            for (var i = 0; i < 2; i++) work.Append(images[i].Name, new float[192]);
            work.Flush();
        }

        await File.AppendAllTextAsync(target + ".partial/journal.jsonl", "\0\0\0\0\n\0\n", TestContext.Current.CancellationToken);
        using var again = EmbeddingWork.Open(target, EmbeddingJob.Of(model, images, new ExtractionOptions(), [192]));
        Assert.Equal(2, again.Done);
    }

    [Fact]
    public async Task Input_that_cannot_be_used_is_refused_in_a_line()
    {
        (await Embed(small.PathOf("x.txt"), "--input", small.Images)).AssertRefused("x.txt", ".txt", ".parquet");
        (await Embed(small.PathOf("x.csv"), "--input", small.Images, "--tokens")).AssertRefused("x.csv", "tokens");
        (await Embed(small.PathOf("x.npz"), "--input", small.PathOf("nowhere"))).AssertRefused("nowhere");
        (await Embed(small.PathOf("x.npz"))).AssertRefused("--input");
        (await Embed(
            small.PathOf("x.npz"), "--input", small.Images, "--config", "builtin:phantom", "--dataset",
            "PhantomView")).AssertRefused("--input", "--config");
        (await Embed(small.PathOf("x.npz"), "--input", small.Images, "--dataset", "PhantomView")).AssertRefused("--dataset", "--config");
    }

    private Task<CommandLineRun> Embed(string target, params string[] more) =>
        CommandLineRun.Of(["embed", "--checkpoint", small.Checkpoint, "--out", target, .. more]);

    private async Task<List<float[]>> Rows(EmbeddingKind kind)
    {
        await using var host = small.Host();
        using var model = LoadedModel.Load(small.Checkpoint);
        var runner = new ModelRunner(model);
        var view = new float[runner.ViewLength];
        return [.. Directory.GetFiles(small.Images).Order(StringComparer.Ordinal).Select(f =>
        {
            runner.Transform.Apply(host.GetRequiredService<IImageDecoder>().DecodeFile(f), new RandomStream(0), view);
            return runner.Embed(view, 1, kind);
        })];
    }

    private sealed class Stopper(CancellationTokenSource stop, int after) : IProgress<WorkProgress>
    {
        public void Report(WorkProgress value)
        {
            if (value.Done >= after) stop.Cancel();
        }
    }
}
