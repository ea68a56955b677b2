using Ark.Data;
using Ark.Evaluation;

namespace Ark.Tests.Training;

public class FileFeaturesTests
{
    [Fact]
    public async Task A_row_of_a_file_is_taken_by_one_image_alone_and_may_stand_twice_if_it_is_the_same()
    {
        using var folder = new TemporaryFolder();
        async Task<FileFeatures> Features(string rows)
        {
            await File.WriteAllTextAsync(folder.PathOf("f.csv"), "name,a\n" + rows, TestContext.Current.CancellationToken);
            return new FileFeatures(folder.PathOf("f.csv"), "f");
        }

        var dataset = new ArkDataset("set", null!);
        static ImageSample[] Images(params string[] names) => [.. names.Select(n => new ImageSample(new ImageFile(n), []))];
        using var half = await Features("test/1.png,1\ntest/2.png,2\n");
        var error = Assert.Throws<ArkInputException>(() => half.Read(
            Images("/data/train/1.png", "/data/test/1.png"), dataset, null, TestContext.Current.CancellationToken));
        Assert.Contains("fits two images", error.Message, StringComparison.Ordinal);
        // A row whose own image is there is not another image's that has none.
        await File.WriteAllTextAsync(folder.PathOf("1.png"), "", TestContext.Current.CancellationToken);
        using var whole = await Features($"{folder.PathOf("1.png")},7\n");
        Assert.Equal([null, 7f], whole
            .Read(Images("/elsewhere/1.png", folder.PathOf("1.png")), dataset, null, TestContext.Current.CancellationToken)
            .Select(r => r?[0]));
        using var twice = await Features("val/1.png,5\nval/1.png,5.0001\n");
        Assert.Equal(5, twice.Read(Images("/data/val/1.png"), dataset, null, TestContext.Current.CancellationToken)[0]![0]);
        Assert.Contains(
            "row 2",
            (await Assert.ThrowsAsync<ArkInputException>(() => Features("val/1.png,5\nval/1.png,6\n"))).Message,
            StringComparison.Ordinal);
    }
}
