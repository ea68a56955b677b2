namespace Ark.Tests.Cli;

public class ArkCommandLineTests
{
    [Theory]
    [InlineData("embed")]
    [InlineData("similar")]
    [InlineData("predict")]
    [InlineData("explain")]
    [InlineData("calibrate")]
    [InlineData("probe")]
    [InlineData("finetune")]
    public async Task Every_command_has_help_with_an_example(string command)
    {
        var run = await CommandLineRun.Of(command, "--help");
        Assert.Equal(0, run.ExitCode);
        Assert.Contains($"ark {command} ", run.Out, StringComparison.Ordinal);
        Assert.Contains("--json", run.Out, StringComparison.Ordinal);
    }
}
