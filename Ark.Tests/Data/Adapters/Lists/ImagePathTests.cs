using Ark.Data;

namespace Ark.Tests.Data;

public sealed class ImagePathTests : IDisposable
{
    private readonly DataFolder _folder = new();

    public ImagePathTests() => _folder.AddImages("p1/study 2/a.png");

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("p1/study 2/a.png")]
    [InlineData(@"p1\study 2\a.png")]
    [InlineData(@"p1/study 2\a.png")]
    public void Resolve_takes_the_backslashes_of_lists_from_Windows(string name) =>
        Assert.Equal(
            Path.GetFullPath(Path.Combine(_folder.Images, "p1", "study 2", "a.png")),
            Path.GetFullPath(ImagePath.Resolve(_folder.Images, name, "list.txt", 1)));

    [Fact]
    public void Below_takes_a_name_as_it_is_written_where_there_is_such_a_file()
    {
        // Elsewhere than on Windows a name may hold a backslash.
        _folder.AddImages(@"p1\b.png");
        Assert.Equal(Path.Combine(_folder.Images, @"p1\b.png"), ImagePath.Below(_folder.Images, @"p1\b.png"));
        Assert.Equal(Path.Combine(_folder.Images, @"p1\none.png"), ImagePath.Below(_folder.Images, @"p1\none.png"));
    }
}
