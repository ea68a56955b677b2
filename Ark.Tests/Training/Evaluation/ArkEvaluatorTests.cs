using Ark.Evaluation;

namespace Ark.Tests.Training;

/// <summary>What an image is called in tables of predictions.</summary>
public class ArkEvaluatorTests
{
    [Theory]
    [InlineData("/data/nih/a.png", "/data/nih", "a.png")]
    [InlineData("/data/nih/a.png", "/data/nih/", "a.png")]
    [InlineData("/data/nih/b/a.png", "/data/nih", "b/a.png")]
    [InlineData("/data/nih2/a.png", "/data/nih", "/data/nih2/a.png")]
    [InlineData("/other/a.png", "/data/nih", "/other/a.png")]
    [InlineData("/other/a.png", null, "/other/a.png")]
    public void Image_is_named_within_its_folder_and_in_full_outside(string path, string? folder, string expected) =>
        Assert.Equal(expected, ArkEvaluator.NameOf(new ImageSample(new ImageFile(path), []), folder));
}
