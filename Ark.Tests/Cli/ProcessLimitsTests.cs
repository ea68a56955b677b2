using System.Diagnostics;
using Ark.Cli;
using Ark.Phantom;

namespace Ark.Tests.Cli;

/// <summary>The command line as a process of its own under limits of the system.</summary>
public sealed class ProcessLimitsTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("ark-limits-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task A_checkpoint_above_the_limit_on_files_ends_in_a_line_that_names_it()
    {
        await PhantomDatasets.WriteAsync(
            Path.Combine(_folder, "phantom"),
            new PhantomDatasetOptions { Count = 160, Seed = 3 },
            cancellationToken: TestContext.Current.CancellationToken);
        var run = Path.Combine(_folder, "run");
        var (code, said) = await Limited("ulimit -f 4000", "ARK=1", "pretrain", "--config", Path.Combine(
            _folder, "phantom", "phantom.yaml"), "--datasets", "PhantomView", "--arch", "swin_mini", "--img-size", "32",
            "--projector-features", "16", "--epochs", "1", "--warmup-epochs", "0", "--batch-size", "8", "--out", run, "--quiet");
        Assert.Equal(1, code);
        var line = Assert.Single(
            said.Split('\n', StringSplitOptions.RemoveEmptyEntries), l => l.StartsWith("ark: ", StringComparison.Ordinal));
        Assert.Contains("last.pth.tar", line, StringComparison.Ordinal);
        Assert.Contains("ulimit -f", line, StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateFiles(Path.Combine(run, "checkpoints")));
    }

    [Theory]
    [InlineData("ulimit -n 64", "64 files at once", "ulimit -n")]
    public async Task Limits_under_which_the_runtime_fails_are_told_before(string limit, params string[] words)
    {
        var (code, said) = await Limited(limit, "ARK=1", "inspect", "nothing.pth");
        Assert.Equal(1, code);
        Assert.StartsWith("ark: ", said, StringComparison.Ordinal);
        Assert.All(words, word => Assert.Contains(word, said, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_limit_on_files_that_hits_the_runtimes_own_code_stops_no_command()
    {
        var (code, said) = await Limited("ulimit -f 8000", "ARK=1", "inspect", "nothing.pth");
        Assert.Equal(2, code);
        Assert.Contains("nothing.pth: does not exist", said, StringComparison.Ordinal);
    }

    [Fact]
    public void Ordinary_limits_suffice()
    {
        Assert.Null(ProcessLimits.Refusal(128, 64 << 20, plainCode: false));
        Assert.Null(ProcessLimits.Refusal(ulong.MaxValue, 4096, plainCode: true));
        Assert.NotNull(ProcessLimits.Refusal(127, ulong.MaxValue, plainCode: true));
    }

    [Theory]
    [InlineData("/a/libtorch_cpu.so: cannot open shared object file: Too many open files\n/a/x.so: cannot open shared object file: No "
        + "such file or directory", "ulimit -n")]
    [InlineData("libvips.so.42: failed to map segment from shared object", "ulimit -v")]
    [InlineData("libtorch_cpu.so: cannot create shared object descriptor: Cannot allocate memory", "ulimit -v")]
    public void Loader_refusals_that_are_limits_are_named(string message, string word) =>
        Assert.Contains(word, LoadFailure.Limit(message), StringComparison.Ordinal);

    [Fact]
    public void A_library_that_is_not_there_is_no_limit() =>
        Assert.Null(LoadFailure.Limit("libtorch_cpu.so: cannot open shared object file: No such file or directory"));

    private static async Task<(int Code, string Error)> Limited(string limit, string setting, params string[] arguments)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Sets limits as Linux has them.");
        string[] command =
        [
            "-c", $"ulimit -c 0; {limit}; exec env {setting} \"$@\"", "bash", "dotnet", Path.Combine(AppContext.BaseDirectory, "ark.dll"),
            .. arguments
        ];
        using var process = Process.Start(new ProcessStartInfo("bash", command)
        {
            RedirectStandardError = true,
            RedirectStandardOutput = true,
            UseShellExecute = false,
        })!;
        var output = process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        var error = await process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        await output;
        return (process.ExitCode, error);
    }
}
