using Ark.Inference;

namespace Ark.Tests.Inference;

public sealed class ImageInputsTests : IDisposable
{
    private readonly DataFolder _folder = new();

    public ImageInputsTests() => _folder.AddImages("p 1/a.png", "b.png");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Read_takes_the_backslashes_of_lists_from_Windows()
    {
        var list = _folder.Write("list.txt", "p 1\\a.png\r\nb.png 0 1\r\nnone\\c.png\r\n");
        var images = ImageInputs.Read(list, _folder.Images, cancellationToken: TestContext.Current.CancellationToken);

        // The names stay as the list has them.
        Assert.Equal([@"p 1\a.png", "b.png", @"none\c.png"], images.Select(i => i.Name));
        Assert.Equal([true, true, false], images.Select(i => File.Exists(i.Image.Name)));
    }
}
