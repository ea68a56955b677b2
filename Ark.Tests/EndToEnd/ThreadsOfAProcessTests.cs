using System.Diagnostics;

namespace Ark.Tests.EndToEnd;

/// <summary>
/// How the threads of a process wait and how many they are: both are settled when libtorch is loaded, so each case is a process of its own.
/// </summary>
public class ThreadsOfAProcessTests
{
    [Fact]
    public async Task Threads_sleep_while_they_wait_when_the_environment_says_nothing()
    {
        var (said, libraries) = await DescribeAsync();
        Assert.Contains("waiting threads  passive", said, StringComparison.Ordinal);
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Only libgomp tells what it has read.");
        Assert.Contains("OMP_WAIT_POLICY = 'PASSIVE'", libraries, StringComparison.Ordinal);
        Assert.Contains("GOMP_SPINCOUNT = '0'", libraries, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("OMP_WAIT_POLICY", "ACTIVE", "OMP_WAIT_POLICY = 'ACTIVE'")]
    [InlineData("OMP_WAIT_POLICY", "", "OMP_WAIT_POLICY = 'PASSIVE'")]
    [InlineData("GOMP_SPINCOUNT", "77", "GOMP_SPINCOUNT = '77'")]
    public async Task What_the_environment_says_of_waiting_holds(string variable, string value, string expected)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Only libgomp tells what it has read.");
        var (said, libraries) = await DescribeAsync((variable, value));
        Assert.Contains(
            value.Length == 0 ? "waiting threads  passive" : $"waiting threads  {variable}={value} (environment)",
            said,
            StringComparison.Ordinal);
        Assert.Contains(expected, libraries, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Threads_are_no_more_than_the_processors_of_the_process()
    {
        Assert.SkipUnless(Environment.ProcessorCount > 1, "There is one processor anyway.");
        // What .NET counts under a container's quota or an affinity mask, said directly.
        var (said, _) = await DescribeAsync(("DOTNET_PROCESSOR_COUNT", "1"));
        Assert.Contains("threads          1 (1 processors", said, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_number_of_threads_in_the_environment_holds()
    {
        var (said, _) = await DescribeAsync(("DOTNET_PROCESSOR_COUNT", "1"), ("OMP_NUM_THREADS", "2"));
        Assert.Contains("threads          2 (OMP_NUM_THREADS=2", said, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Version_beside_a_command_is_wrong_usage()
    {
        var run = await CommandLineRun.Of("--version", "predict", "x.png");
        Assert.Equal(2, run.ExitCode);
    }

    [Fact]
    public void Applications_start_Ark_before_their_own_code_runs()
    {
        Assert.NotNull(typeof(ThreadsOfAProcessTests).Assembly.GetType("ArkModuleStart"));
        Assert.NotNull(typeof(Ark.Cli.ArkCommandLine).Assembly.GetType("ArkModuleStart"));
    }

    private static async Task<(string Said, string Libraries)> DescribeAsync(params (string Name, string Value)[] environment)
    {
        var start = new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "ark.dll"), "--version", "--verbose"])
        {
            RedirectStandardError = true,
            RedirectStandardOutput = true,
            UseShellExecute = false,
        };
        foreach (var name in (string[])["OMP_WAIT_POLICY", "GOMP_SPINCOUNT", "KMP_BLOCKTIME", "OMP_NUM_THREADS", "MKL_NUM_THREADS"])
            start.Environment.Remove(name);
        start.Environment["OMP_DISPLAY_ENV"] = "VERBOSE";
        foreach (var (name, value) in environment) start.Environment[name] = value;
        using var process = Process.Start(start)!;
        var libraries = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        var said = await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.Equal(0, process.ExitCode);
        return (said, await libraries);
    }
}
