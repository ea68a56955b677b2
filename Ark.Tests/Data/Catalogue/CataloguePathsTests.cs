using Ark.Data;

namespace Ark.Tests.Data;

public sealed class CataloguePathsTests : IDisposable
{
    private readonly DataFolder _folder = new();

    public CataloguePathsTests() => _folder.AddImages("set/a.png");

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("images/set")]
    [InlineData(@"images\set")]
    [InlineData(@".\images\set")]
    [InlineData(@"${SET}\set")]
    public void Resolve_takes_the_backslashes_of_catalogues_from_Windows(string written)
    {
        var paths = new CataloguePaths(_folder.Root, Path.GetTempPath(), name => name == "SET" ? "images" : null);
        Assert.Equal(Path.Combine(_folder.Images, "set"), paths.Resolve(written, out var unset));
        Assert.Null(unset);
    }

    [Fact]
    public void Resolve_leaves_a_path_as_it_is_written_where_nothing_is_there() =>
        Assert.Equal(
            Path.GetFullPath(@"images\none", _folder.Root),
            new CataloguePaths(_folder.Root, Path.GetTempPath(), _ => null).Resolve(@"images\none", out _));
}
