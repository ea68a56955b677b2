using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using Ark.Data;
using Ark.Training;

namespace Ark.Tests.EndToEnd;

/// <summary>What a run does when the world around it fails.</summary>
public class FaultTests(PhantomFixture phantom) : IClassFixture<PhantomFixture>
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Full_disk_is_one_clear_error_that_leaves_the_last_state_and_the_run_goes_on_when_there_is_room()
    {
        var whole = phantom.Run("whole-disk", null, PhantomFixture.Small);
        await phantom.TrainAsync(whole, cancellationToken: Cancellation);
        var size = new FileInfo(new RunFiles(whole.Directory!).Checkpoint()).Length;

        // Room for two states and a half: the second save keeps the first, and the third finds the disk full.
        using var disk = SmallDisk.Mount(size * 5 / 2);
        var run = phantom.Run(null, null, PhantomFixture.Small) with { Directory = Path.Combine(disk.Folder, "run") };
        var error = await Assert.ThrowsAsync<TrainingStoppedException>(() => phantom.TrainAsync(run, cancellationToken: Cancellation));
        Assert.Contains(run.Directory!, error.Message, StringComparison.Ordinal);
        Assert.Contains("'Resume'", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', error.Message);
        var files = new RunFiles(run.Directory!);
        Assert.True(files.Root().ContainsKey("teacher"));
        Assert.Empty(Directory.EnumerateFiles(disk.Folder, "*.tmp", SearchOption.AllDirectories));

        disk.Resize(size * 20);
        await phantom.TrainAsync(run with { Resume = true }, cancellationToken: Cancellation);
        files.AssertSameAs(new RunFiles(whole.Directory!));
    }

    [Fact]
    public async Task Read_only_folder_is_refused_before_training_and_stops_a_run_with_its_state_kept()
    {
        using var disk = SmallDisk.Mount(1 << 28);
        var run = phantom.Run(null, null, PhantomFixture.Small) with { Directory = Path.Combine(disk.Folder, "run") };
        var passes = 0;
        var error = await Assert.ThrowsAsync<TrainingStoppedException>(() => phantom.TrainAsync(run, new Reaction(p =>
        {
            // The lock, an open file, keeps the whole of the disk from becoming read-only: the folder within it does.
            if (Reaction.IsPassEnd(p) && ++passes == 2) disk.MakeReadOnly("run/checkpoints");
        }), Cancellation));
        Assert.Contains("ead-only", error.Message, StringComparison.Ordinal);
        Assert.True(new RunFiles(run.Directory!).Root().ContainsKey("teacher"));
        disk.MakeReadOnly();
        foreach (var refused in (TrainingRun[])[run with { Resume = true }, run with { Directory = Path.Combine(disk.Folder, "other") }])
        {
            var refusal = await Assert.ThrowsAsync<ArkInputException>(() => phantom.TrainAsync(refused, cancellationToken: Cancellation));
            Assert.Contains("ead-only", refusal.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Image_that_disappears_mid_run_is_named_and_the_run_goes_on_once_it_is_back()
    {
        var whole = phantom.Run("whole-image", null, PhantomFixture.Small);
        await phantom.TrainAsync(whole, cancellationToken: Cancellation);
        var run = phantom.Run("image", null, PhantomFixture.Small);
        var image = (await run.Datasets[1].Adapter.ReadAsync(DatasetSplit.Train, Cancellation))[5].Image.Name;
        var error = await Assert.ThrowsAsync<ArkInputException>(() => phantom.TrainAsync(
            run, WhenEpochEnds(1, () => File.Move(image, image + ".gone")), Cancellation));
        Assert.Contains(image, error.Message, StringComparison.Ordinal);
        File.Move(image + ".gone", image);
        await phantom.TrainAsync(run with { Resume = true }, cancellationToken: Cancellation);
        new RunFiles(run.Directory!).AssertSameAs(new RunFiles(whole.Directory!));
    }

    [Fact]
    public async Task Image_that_is_damaged_mid_run_is_left_out_and_reported_where_that_was_asked_for()
    {
        var run = phantom.Run("damaged-image", o => o.BadImages = BadImagePolicy.Skip, PhantomFixture.Small);
        var image = (await run.Datasets[0].Adapter.ReadAsync(DatasetSplit.Train, Cancellation))[3].Image.Name;
        var content = File.ReadAllBytes(image);
        var result = await phantom.TrainAsync(run, WhenEpochEnds(1, () => File.WriteAllBytes(image, content[..60])), Cancellation);
        File.WriteAllBytes(image, content);
        Assert.Contains(image, Assert.Single(result.SkippedImages), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Exploding_loss_stops_the_run_with_the_images_named_and_the_state_before_it_kept()
    {
        var run = phantom.Run(
            "exploding", o => (o.LearningRate, o.Optimizer, o.BatchSize) = (900, OptimizerKind.Sgd, 8), PhantomFixture.Small);
        var error = await Assert.ThrowsAsync<TrainingStoppedException>(() => phantom.TrainAsync(run, cancellationToken: Cancellation));
        var failure = JsonNode.Parse(File.ReadAllText(Path.Combine(run.Directory!, "failure.json")))!;
        var images = failure["images"]!.AsArray().Select(i => (string)i!).ToList();
        Assert.Equal(8, images.Count);
        Assert.All(images, i => Assert.Contains(i, error.Message, StringComparison.Ordinal));
        var state = new RunFiles(run.Directory!).Root();
        var position = (PickleDictionary)((PickleDictionary)state["ark"]!)["position"]!;
        Assert.Equal((long)failure["step"]! - 1, (long)position["step"]!);
        Assert.All(
            (PickleDictionary)state["state_dict"]!, e => Assert.True(((TorchSharp.torch.Tensor)e.Value!).isfinite().all().item<bool>()));
    }

    [Theory]
    [InlineData("tr-TR")]
    [InlineData("de-DE")]
    public async Task Run_is_the_same_whatever_the_language_of_the_machine(string language)
    {
        void Set(TrainingOptions o) => (o.Epochs, o.CheckpointMinutes) = (1, 0.25);
        var plain = phantom.Run("plain-" + language, Set, PhantomFixture.Small);
        await phantom.TrainAsync(plain, cancellationToken: Cancellation);
        var foreign = phantom.Run("foreign-" + language, Set, PhantomFixture.Small);
        var before = CultureInfo.CurrentCulture;
        CultureInfo.CurrentCulture = new CultureInfo(language);
        try
        {
            await phantom.TrainAsync(foreign, cancellationToken: Cancellation);
            new RunFiles(foreign.Directory!).AssertSameAs(new RunFiles(plain.Directory!));
            var record = JsonNode.Parse(File.ReadAllText(Path.Combine(foreign.Directory!, "config.json")))!["options"]!.AsObject();
            var options = OptionTables.Training.Read(record.Select(o => KeyValuePair.Create(o.Key, (string)o.Value!)), "config.json");
            Assert.Equal(0.25, options.CheckpointMinutes);
        }
        finally
        {
            CultureInfo.CurrentCulture = before;
        }
    }

    [Fact]
    public async Task Conversions_and_reports_on_a_full_disk_have_failed_and_keep_the_file_of_before()
    {
        using var disk = SmallDisk.Mount(64 << 10);
        var (run, weights) = (Path.Combine(disk.Folder, "run"), Path.Combine(disk.Folder, "out.safetensors"));
        Directory.CreateDirectory(run);
        File.WriteAllText(Path.Combine(run, "metrics.jsonl"), "");
        File.WriteAllText(weights, "before");
        Assert.Throws<IOException>(() => File.WriteAllBytes(Path.Combine(disk.Folder, "filled"), new byte[1 << 20]));
        foreach (var command in (string[][])
        [
            ["report", run], ["convert", Fixture.PathOf("phantom_teacher", "teacher.safetensors"), weights]
        ])
        {
            var result = await CommandLineRun.Of(command);
            Assert.Equal(1, result.ExitCode);
            Assert.StartsWith($"ark: {disk.Folder}", result.Error, StringComparison.Ordinal);
            Assert.Contains("cannot be written: No space left on device", result.Error, StringComparison.Ordinal);
        }

        Assert.Equal("before", File.ReadAllText(weights));
        // A place that does not exist is the command line's fault.
        Assert.Equal(2, (await CommandLineRun.Of(
            "convert",
            Fixture.PathOf("phantom_teacher", "teacher.safetensors"),
            Path.Combine(disk.Folder, "nowhere", "out.safetensors"))).ExitCode);
    }

    private static Reaction WhenEpochEnds(int epoch, Action action) => new(p =>
    {
        if (Reaction.IsEpochEnd(p) && p.Epoch == epoch) action();
    });

    /// <summary>A file system of a few bytes, in memory.</summary>
    private sealed class SmallDisk : IDisposable
    {
        public string Folder { get; } = Directory.CreateTempSubdirectory("ark-disk-").FullName;

        public static SmallDisk Mount(long bytes)
        {
            var disk = new SmallDisk();
            if (OperatingSystem.IsLinux() && Run("mount", "-t", "tmpfs", "-o", $"size={bytes}", "tmpfs", disk.Folder) == 0) return disk;
            Directory.Delete(disk.Folder);
            Assert.Skip("Only the superuser can mount a small file system.");
            return disk;
        }

        public void Resize(long bytes) => Assert.Equal(0, Run("mount", "-o", $"remount,size={bytes}", Folder));

        public void MakeReadOnly(string within = "")
        {
            var folder = Path.Combine(Folder, within);
            if (within.Length > 0) Assert.Equal(0, Run("mount", "--bind", folder, folder));
            Assert.Equal(0, Run("mount", "-o", "remount,bind,ro", folder));
        }

        public void Dispose()
        {
            _ = Run("umount", "-l", Folder);
            Directory.Delete(Folder, recursive: true);
        }

        private static int Run(string program, params string[] arguments)
        {
            try
            {
                using var process = Process.Start(new ProcessStartInfo(program, arguments)
                {
                    RedirectStandardError = true,
                    UseShellExecute = false,
                })!;
                process.WaitForExit();
                return process.ExitCode;
            }
            catch (System.ComponentModel.Win32Exception)
            {
                return -1;
            }
        }
    }
}
