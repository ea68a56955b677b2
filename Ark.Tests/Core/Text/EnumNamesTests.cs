namespace Ark.Tests.Core;

public class EnumNamesTests
{
    [Theory]
    [InlineData("Binary", false, LabelTask.Binary)]
    [InlineData("binary", true, LabelTask.Binary)]
    [InlineData("binary", false, null)]
    [InlineData("0", true, null)]
    [InlineData("7", false, null)]
    [InlineData("Binary, MultiLabel", false, null)]
    [InlineData(" Binary", false, null)]
    [InlineData("", false, null)]
    [InlineData(null, false, null)]
    public void Names_are_found_and_numbers_and_lists_are_not(string? name, bool ignoreCase, LabelTask? expected) =>
        Assert.Equal(expected, EnumNames.Find<LabelTask>(name, ignoreCase));
}
