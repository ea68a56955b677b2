using Ark.Models;

namespace Ark.Tests.Models;

public class KernelWidthTests
{
    [Theory]
    [InlineData(null, true, true, true, 512)]
    [InlineData(null, false, true, true, 256)]
    [InlineData(null, false, false, true, 128)]
    [InlineData(null, false, false, false, 0)]
    [InlineData("256", true, true, true, 256)]
    [InlineData("128", true, true, true, 128)]
    [InlineData("0", true, true, true, 0)]
    [InlineData("512", false, true, true, 256)]
    [InlineData("256", false, false, true, 128)]
    [InlineData("wide", true, true, true, 512)]
    public void Choose_takes_the_widest_that_there_is_and_that_is_allowed(
        string? allowed, bool has512, bool has256, bool has128, int expected) =>
        Assert.Equal(expected, KernelWidth.Choose(allowed, has512, has256, has128));
}
