using Ark.Data;

namespace Ark.Tests.Data;

public class MaskFilesTests
{
    [Fact]
    public void Load_takes_no_memory_for_an_image_that_its_mask_does_not_fit()
    {
        using var folder = new TemporaryFolder();
        var file = folder.PathOf("mask.png");
        File.WriteAllBytes(file, Encoded.Png(Encoded.Picture(20, 16, 1)));
        var masks = new MaskFiles([[file]]);
        var decoder = new NetVipsImageDecoder();
        Assert.Equal(20 * 16, masks.Load(decoder, 20, 16).Width * 16);
        var before = GC.GetAllocatedBytesForCurrentThread();
        var error = Assert.Throws<ArkInputException>(() => masks.Load(decoder, 8000, 8000));
        Assert.Contains("20x16", error.Message, StringComparison.Ordinal);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 8 << 20);
    }
}
