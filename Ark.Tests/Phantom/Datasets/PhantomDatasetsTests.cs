using System.Text.Json;
using Ark.Cli;
using Ark.Phantom;
using NetVips;

namespace Ark.Tests.Phantom;

public sealed class PhantomDatasetsTests : IDisposable
{
    private static readonly PhantomDatasetOptions Small = new() { Count = PhantomDatasetOptions.MinCount, Seed = 4 };
    private readonly string _root = Directory.CreateTempSubdirectory("ark-phantom-").FullName;

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Fact]
    public async Task WriteAsync_writes_the_same_files_whatever_the_number_of_threads()
    {
        var one = await Write("one", Small with { Parallelism = 1 });
        var four = await Write("four", Small with { Parallelism = 4 });
        Assert.Equal(Small.Count, one.Images);
        Assert.False(one.Reused);
        Assert.Equal(Contents(one), Contents(four));
    }

    [Fact]
    public async Task WriteAsync_writes_lists_that_name_every_image_and_truth_of_every_image()
    {
        var folder = await Write("lists", Small);
        var total = 0;
        foreach (var dataset in Directory.GetDirectories(Path.GetDirectoryName(folder.Catalogue)!))
        {
            string[] listed = [.. Directory.GetFiles(dataset, "*.txt").Concat(Directory.GetFiles(dataset, "*.csv"))
                .SelectMany(File.ReadLines).Where(l => !l.StartsWith("Path,", StringComparison.Ordinal)).Select(l => l.Split(' ', ',')[
                    0]).Order()];
            string[] present = [.. Directory.GetFiles(Path.Combine(
                dataset, "images")).Select(f => "images/" + Path.GetFileName(f)).Order()];
            string[] known = [.. File.ReadLines(Path.Combine(dataset, "truth.jsonl")).Select(l => JsonDocument.Parse(l).RootElement
                .GetProperty("image")
                .GetString()!).Order()];
            Assert.Equal(present, listed);
            Assert.Equal(present, known);
            total += listed.Length;
        }

        Assert.Equal(folder.Images, total);
    }

    [Fact]
    public async Task WriteAsync_writes_the_pixels_that_the_generator_renders_and_masks_of_the_same_size()
    {
        var folder = await Write("pixels", Small with { Masks = true });
        var picture = PhantomPlan.Of(2, Small)[1];
        var rendered = PhantomPlan.Render(2, picture, Small.Seed);
        var dataset = Path.Combine(Path.GetDirectoryName(folder.Catalogue)!, "PhantomPneumothorax");
        Assert.Equal(rendered.Image.Pixels, Pixels(Path.Combine(dataset, "images", picture.FileName)));
        Assert.Equal(rendered.Mask(PhantomStructure.Heart).Pixels, Pixels(Path.Combine(dataset, "masks", "heart", picture.FileName)));
        Assert.Equal(
            rendered.Mask(PhantomStructure.LeftLung).Pixels, Pixels(Path.Combine(dataset, "masks", "left_lung", picture.FileName)));
    }

    [Fact]
    public async Task WriteAsync_renders_nothing_again_when_the_folder_holds_the_same_datasets()
    {
        var first = await Write("again", Small);
        var marker = Path.Combine(Path.GetDirectoryName(first.Catalogue)!, "PhantomView", "images", PhantomPlan.Of(3, Small)[0].FileName);
        File.Delete(marker);
        var second = await Write("again", Small);
        Assert.True(second.Reused);
        Assert.Equal(first.Catalogue, second.Catalogue);
        Assert.False(File.Exists(marker));
    }

    [Fact]
    public async Task WriteAsync_refuses_a_folder_of_another_seed()
    {
        var first = await Write("seed", Small);
        var before = Contents(first);
        var error = await Assert.ThrowsAsync<ArkInputException>(() => Write("seed", Small with { Seed = 5 }));
        Assert.Contains("seed 4", error.Message, StringComparison.Ordinal);
        Assert.Equal(before, Contents(first));
    }

    [Theory]
    [InlineData("notes.txt", "mine")]
    [InlineData("phantom.json", "{\"Generator\":\"other\"}")]
    [InlineData("phantom.json", "not json")]
    public async Task WriteAsync_refuses_a_folder_that_holds_something_else(string name, string text)
    {
        var folder = Directory.CreateDirectory(Path.Combine(_root, "foreign")).FullName;
        File.WriteAllText(Path.Combine(folder, name), text);
        await Assert.ThrowsAsync<ArkInputException>(() => Write("foreign", Small));
        Assert.Equal(text, File.ReadAllText(Path.Combine(folder, name)));
        Assert.Single(Directory.GetFileSystemEntries(folder));
    }

    [Fact]
    public async Task WriteAsync_takes_an_empty_folder()
    {
        Directory.CreateDirectory(Path.Combine(_root, "empty"));
        Assert.True(File.Exists((await Write("empty", Small)).Catalogue));
    }

    [Theory]
    [InlineData(PhantomDatasetOptions.MinCount - 1)]
    [InlineData(PhantomDatasetOptions.MaxCount + 1)]
    public async Task WriteAsync_refuses_a_count_out_of_range(int count)
    {
        await Assert.ThrowsAsync<ArkInputException>(() => Write("count", Small with { Count = count }));
        Assert.Empty(Directory.GetFileSystemEntries(_root));
    }

    [Fact]
    public async Task WriteAsync_leaves_nothing_when_cancelled_half_way()
    {
        using var source = new CancellationTokenSource();
        var progress = new Callback(p =>
        {
            if (p.Done >= 40) source.Cancel();
        });
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => PhantomDatasets.WriteAsync(
            Path.Combine(_root, "cancelled"), Small, progress, source.Token));
        Assert.Empty(Directory.GetFileSystemEntries(_root));
    }

    [Fact]
    public async Task WriteAsync_removes_what_a_killed_writer_left_and_spares_a_living_one()
    {
        var dead = Directory.CreateDirectory(Path.Combine(_root, ".target.partial-dead")).FullName;
        File.WriteAllText(Path.Combine(dead, ".lock"), "");
        var alive = Directory.CreateDirectory(Path.Combine(_root, ".target.partial-alive")).FullName;
        using (new FileStream(
            Path.Combine(alive, ".lock"), FileMode.Create, FileAccess.ReadWrite, FileShare.None)) await Write("target", Small);
        Assert.False(Directory.Exists(dead));
        Assert.True(Directory.Exists(alive));
    }

    [Fact]
    public async Task WriteAsync_names_the_folder_that_cannot_be_written_at_its_start_or_half_way()
    {
        File.WriteAllText(Path.Combine(_root, "file"), "");
        var below = await Assert.ThrowsAsync<ArkInputException>(() => Write("file/phantom", Small));
        Assert.Contains($"{Path.Combine(_root, "file", "phantom")}: cannot be written: ", below.Message, StringComparison.Ordinal);

        var gone = new Callback(p =>
        {
            foreach (var work in Directory.GetDirectories(_root, ".lost.partial-*")) Directory.Move(work, Path.Combine(_root, "elsewhere"));
        });
        var lost = await Assert.ThrowsAsync<ArkInputException>(() => PhantomDatasets.WriteAsync(
            Path.Combine(_root, "lost"), Small with { Parallelism = 2 }, gone, TestContext.Current.CancellationToken));
        Assert.Contains($"{Path.Combine(_root, "lost")}: cannot be written: ", lost.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("One or more errors", lost.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', lost.Message);
    }

    [Fact]
    public void Cache_lies_in_a_temporary_folder_where_the_user_has_none_that_can_be_written()
    {
        File.WriteAllText(Path.Combine(_root, "file"), "");
        Assert.Equal(Path.Combine(_root, "data", "ark-dotnet"), CatalogueFile.CacheFolder(() => Path.Combine(_root, "data")));
        foreach (var none in (Func<string>[])
        [
            () => "", () => Path.Combine(_root, "file"),
            () => throw new UnauthorizedAccessException("Access to the path '/.local' is denied.")
        ])
            Assert.StartsWith(Path.GetTempPath(), CatalogueFile.CacheFolder(none), StringComparison.Ordinal);
    }

    [Fact]
    public async Task WriteAsync_reports_progress_up_to_the_total()
    {
        var last = 0L;
        await PhantomDatasets.WriteAsync(Path.Combine(_root, "progress"), Small, new Callback(p =>
        {
            Assert.Equal(Small.Count, p.Total);
            InterlockedMax(ref last, p.Done);
        }), TestContext.Current.CancellationToken);
        Assert.Equal(Small.Count, last);
    }

    private static void InterlockedMax(ref long place, long value)
    {
        long seen;
        while ((seen = Volatile.Read(ref place)) < value && Interlocked.CompareExchange(ref place, value, seen) != seen)
        {
            // Another thread was faster: look again.
        }
    }

    private Task<PhantomFolder> Write(string name, PhantomDatasetOptions options) =>
        PhantomDatasets.WriteAsync(Path.Combine(_root, name), options, cancellationToken: TestContext.Current.CancellationToken);

    private static SortedDictionary<string, string> Contents(PhantomFolder folder)
    {
        var root = Path.GetDirectoryName(folder.Catalogue)!;
        return new(Directory.GetFiles(root, "*", SearchOption.AllDirectories)
            .ToDictionary(f => Path.GetRelativePath(root, f), f => Convert.ToBase64String(File.ReadAllBytes(f))), StringComparer.Ordinal);
    }

    private static byte[] Pixels(string path)
    {
        using var image = Image.NewFromFile(path);
        Assert.Equal(1, image.Bands);
        return image.WriteToMemory<byte>();
    }

    private sealed class Callback(Action<WorkProgress> report) : IProgress<WorkProgress>
    {
        public void Report(WorkProgress value) => report(value);
    }
}
