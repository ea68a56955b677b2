namespace Ark.Tests.Core;

public sealed class AtomicFileTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory().FullName;

    [Fact]
    public void Leftovers_go_by_the_names_that_only_a_file_aside_has()
    {
        string[] ours = [AtomicFile.Aside(In("a.json")), AtomicFile.Aside(In("b c.pth.tar"))];
        string[] others = [In("draft.tmp"), In("a.json.0123.tmp"), In(Guid.NewGuid().ToString("N") + ".tmp"), In("a.json")];
        foreach (var file in ours.Concat(others)) File.WriteAllText(file, "x");
        AtomicFile.DeleteLeftovers(_folder);
        Assert.Equal(others.Order(StringComparer.Ordinal), Directory.GetFiles(_folder).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Write_that_fails_keeps_the_older_file_and_leaves_nothing_beside_it()
    {
        AtomicFile.WriteAllText(In("a.txt"), "before");
        Assert.Throws<InvalidOperationException>(() => AtomicFile.Write(In("a.txt"), stream =>
        {
            stream.WriteByte(1);
            throw new InvalidOperationException("in the middle");
        }));
        Assert.Equal("before", File.ReadAllText(In("a.txt")));
        Assert.Single(Directory.GetFiles(_folder));
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private string In(string name) => Path.Combine(_folder, name);
}
