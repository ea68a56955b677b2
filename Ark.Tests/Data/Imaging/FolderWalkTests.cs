using Ark.Data;

namespace Ark.Tests.Data;

/// <summary>A folder is walked once, whatever links lie in it, and a walk can be ended.</summary>
public sealed class FolderWalkTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Links_in_circles_add_nothing()
    {
        Write("in/1.png", "in/a/2.png");
        Link("in/loop", ".");
        Link("in/a/up", "..");
        Link("in/a/deep", "../a");

        Assert.Equal(["in/1.png", "in/a/2.png"], Walk("in"));
    }

    [Fact]
    public void A_link_to_a_folder_elsewhere_is_followed_once()
    {
        Write("store/1.png", "store/2.png", "in/0.png");
        Link("in/first", "../store");
        Link("in/second", "../store");

        var found = Walk("in");

        Assert.Equal(3, found.Count);
        Assert.Equal(["0.png", "1.png", "2.png"], found.Select(f => Path.GetFileName(f)).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void A_link_to_a_folder_that_holds_the_one_walked_is_not_followed()
    {
        Write("root/normal/1.png", "root/sick/2.png");
        Link("root/sick/all", "..");

        Assert.Equal(["root/sick/2.png"], Walk("root/sick"));
    }

    [Fact]
    public void A_folder_may_itself_be_a_link()
    {
        Write("store/1.png", "store/deep/2.png");
        Link("in", "store");

        Assert.Equal(["in/1.png", "in/deep/2.png"], Walk("in"));
    }

    [Fact]
    public void A_walk_ends_when_it_is_cancelled()
    {
        Write("in/1.png", "in/2.png", "in/3.png");
        using var source = new CancellationTokenSource();

        Assert.Throws<OperationCanceledException>(() =>
        {
            foreach (var file in FolderWalk.Files(_folder.PathOf("in"), recursive: true, source.Token)) source.Cancel();
        });
    }

    private List<string> Walk(string folder) =>
        [.. FolderWalk.Files(_folder.PathOf(folder), recursive: true, TestContext.Current.CancellationToken)
            .Select(f => Path.GetRelativePath(_folder.PathOf(""), f).Replace('\\', '/')).Order(StringComparer.Ordinal)];

    private void Write(params string[] files)
    {
        foreach (var file in files)
        {
            Directory.CreateDirectory(Path.GetDirectoryName(_folder.PathOf(file))!);
            _folder.Write(file, "");
        }
    }

    private void Link(string path, string target)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Links need rights there.");
        Directory.CreateSymbolicLink(_folder.PathOf(path), target);
    }
}
