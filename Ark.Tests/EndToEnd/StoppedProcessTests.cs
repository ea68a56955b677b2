using System.Diagnostics;
using System.Runtime.InteropServices;
using Ark.Phantom;

namespace Ark.Tests.EndToEnd;

/// <summary>The command line as a process of its own, with the signals and locks of the system.</summary>
public sealed class StoppedProcessTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("ark-process-").FullName;

    private string Run => Path.Combine(_folder, "run");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    // SIGINT, SIGTERM.
    [Theory]
    [InlineData(2)]
    [InlineData(15)]
    public async Task Interrupted_run_ends_with_130_and_can_be_resumed_and_two_processes_cannot_share_it(int signal)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux() || OperatingSystem.IsMacOS(), "Sends the signal of Ctrl-C.");
        await PhantomDatasets.WriteAsync(
            Path.Combine(_folder, "phantom"),
            new PhantomDatasetOptions { Count = 160, Seed = 3 },
            cancellationToken: TestContext.Current.CancellationToken);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        // Only so that a process which waits for ever fails the test: all else waits for what happens.
        limit.CancelAfter(TimeSpan.FromMinutes(10));
        await using var running = Ark("pretrain", "--config", Path.Combine(
            _folder, "phantom", "phantom.yaml"), "--datasets", "PhantomPneumothorax,PhantomView", "--arch", "swin_mini", "--img-size", "32",
            "--projector-features", "16", "--epochs", "10000", "--warmup-epochs", "0", "--batch-size", "8", "--checkpoint-steps", "1",
            "--out", Run);
        while (!File.Exists(Path.Combine(Run, "checkpoints", "last.pth.tar")))
        {
            Assert.False(running.Process.HasExited);
            await Task.Delay(20, limit.Token);
        }

        await using var second = Ark("pretrain", "--resume", Run);
        var refusal = await second.Process.StandardError.ReadToEndAsync(limit.Token);
        await second.Process.WaitForExitAsync(limit.Token);
        Assert.Equal(2, second.Process.ExitCode);
        Assert.Contains("in use by another run", refusal, StringComparison.Ordinal);

        Assert.Equal(0, Kill(running.Process.Id, signal));
        var said = await running.Process.StandardError.ReadToEndAsync(limit.Token);
        await running.Process.WaitForExitAsync(limit.Token);
        Assert.Equal(130, running.Process.ExitCode);
        Assert.Contains("--resume", said, StringComparison.Ordinal);

        await using var resumed = Ark("pretrain", "--resume", Run);
        var metrics = new FileInfo(Path.Combine(Run, "metrics.jsonl"));
        var before = metrics.Length;
        while (!resumed.Process.HasExited && metrics.Length <= before)
        {
            await Task.Delay(20, limit.Token);
            metrics.Refresh();
        }

        Assert.False(resumed.Process.HasExited, "the resumed run ended before it went on");
    }

    [Theory]
    [InlineData(2)]
    [InlineData(15)]
    public async Task Command_whose_output_nobody_takes_ends_with_130_too(int signal)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Sends a signal as Linux does.");
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(TimeSpan.FromMinutes(2));
        // A listing far larger than what a pipe holds: the command waits in the midst of a line, with the lock of its output.
        var path = Path.Combine(_folder, "many.safetensors");
        using (TorchSharp.torch.NewDisposeScope())
        {
            var one = TorchSharp.torch.ones(1);
            Safetensors.Save(path, Enumerable.Range(0, 20_000).ToDictionary(n => $"a tensor with a long name, {n}", _ => one));
        }

        await using var waiting = Ark("inspect", path);
        var first = new char[1];
        Assert.Equal(1, await waiting.Process.StandardOutput.ReadAsync(first, limit.Token));
        Assert.Equal(0, Kill(waiting.Process.Id, signal));
        await waiting.Process.WaitForExitAsync(limit.Token);
        Assert.Equal(130, waiting.Process.ExitCode);
    }

    private static Started Ark(params string[] arguments)
    {
        string[] command = ["dotnet", Path.Combine(AppContext.BaseDirectory, "ark.dll"), .. arguments];
        // A shell lets what it starts in the background ignore Ctrl-C, and a process hands that on to those that it starts.
        if (OperatingSystem.IsLinux()) command = ["env", "--default-signal=INT", .. command];
        return new Started(Process.Start(new ProcessStartInfo(command[0], command[1..])
        {
            RedirectStandardError = true,
            RedirectStandardOutput = true,
            UseShellExecute = false,
        })!);
    }

    [DllImport("libc", EntryPoint = "kill")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Kill(int process, int signal);

    /// <summary>A process that does not outlive its test, however that ends.</summary>
    private sealed class Started(Process process) : IAsyncDisposable
    {
        public Process Process => process;

        public async ValueTask DisposeAsync()
        {
            process.Kill(entireProcessTree: true);
            await process.WaitForExitAsync(CancellationToken.None);
            process.Dispose();
        }
    }
}
