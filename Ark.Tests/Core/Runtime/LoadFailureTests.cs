namespace Ark.Tests.Core;

public sealed class LoadFailureTests
{
    [Theory]
    [InlineData(true, false, "Visual C++", "brew")]
    [InlineData(false, true, "brew install libomp", "Visual")]
    public void Hint_names_what_libtorch_takes_from_the_system(bool onWindows, bool onMacOS, string named, string ofAnother)
    {
        var hint = LoadFailure.Hint(onWindows, onMacOS);
        Assert.Contains(named, hint, StringComparison.Ordinal);
        Assert.DoesNotContain(ofAnother, hint, StringComparison.Ordinal);
        Assert.StartsWith("Add the package TorchSharp-cpu", hint, StringComparison.Ordinal);
    }

    [Fact]
    public void Hint_names_the_package_alone_on_Linux() =>
        Assert.EndsWith("to the application.", LoadFailure.Hint(onWindows: false, onMacOS: false), StringComparison.Ordinal);
}
