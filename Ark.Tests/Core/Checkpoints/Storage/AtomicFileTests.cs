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

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_move_is_tried_again_while_somebody_holds_the_older_file(bool isDenied)
    {
        var waits = new List<int>();
        var calls = 0;
        AtomicFile.Move(() => ThrowIf(++calls < 3, Held(isDenied)), attempts: 3, waits.Add);
        Assert.Equal((3, 2), (calls, waits.Count));
        Assert.True(waits[0] > 0 && waits[1] > waits[0]);

        calls = 0;
        Assert.Throws(Held(isDenied).GetType(), () => AtomicFile.Move(() => ThrowIf(++calls < 3, Held(isDenied)), 2, waits.Add));
        Assert.Equal(2, calls);
    }

    [Fact]
    public void A_move_is_not_tried_again_where_waiting_does_not_help()
    {
        var calls = 0;
        Assert.Throws<IOException>(() => AtomicFile.Move(() => ThrowIf(++calls > 0, new IOException("full")), 9, _ => Assert.Fail("waits")));
        Assert.Equal(1, calls);
    }

    [Fact]
    public void Replace_takes_the_place_of_the_older_file()
    {
        File.WriteAllText(In("new"), "new");
        File.WriteAllText(In("old"), "old");
        AtomicFile.Replace(In("new"), In("old"));
        Assert.Equal("new", File.ReadAllText(Assert.Single(Directory.GetFiles(_folder))));
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    // What .NET makes of the two errors that Windows has for it.
    private static Exception Held(bool isDenied) =>
        isDenied ? new UnauthorizedAccessException("denied") : new IOException("in use", unchecked((int)0x80070020));

    private static void ThrowIf(bool condition, Exception exception)
    {
        if (condition) throw exception;
    }

    private string In(string name) => Path.Combine(_folder, name);
}
