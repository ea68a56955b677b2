namespace Ark.Tests.Core;

public class NativeRuntimeTests
{
    [Theory]
    [InlineData("libtorch-cpu-linux-x64", true)]
    [InlineData("libtorch-cuda-12.8-linux-x64-part1", true)]
    [InlineData("libtorch-cpu-win-x64", false)]
    [InlineData("libtorch-cpu", false)]
    public void IsRestored_counts_libtorch_of_the_platform_alone(string package, bool expected)
    {
        using var folder = new TemporaryFolder();
        Directory.CreateDirectory(folder.PathOf("packages/" + package));
        Assert.Equal(expected, NativeRuntime.IsRestored(folder.PathOf("packages"), "linux-x64"));
        Assert.False(NativeRuntime.IsRestored(folder.PathOf("none"), "linux-x64"));
    }
}
