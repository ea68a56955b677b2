namespace Ark.Tests.Data;

public sealed class ImageListAdapterTests : IDisposable
{
    private static readonly string[] Two = ["Edema", "Hernia"];

    private readonly DataFolder _folder = new();

    public ImageListAdapterTests() => _folder.AddImages("a.png", "b 1.png", "sub/c,2.png", "d.jpeg");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Names_may_hold_blanks_commas_and_numbers_and_fields_any_of_the_separators()
    {
        _folder.AddImages("x 1 0");
        var list = _folder.Write("list.txt", "\uFEFFa.png 0 1\r\n\r\nb 1.png\t1\t0   \r\nsub/c,2.png , 1, 1\n./a.png,0,0\nx 1 0 1 1");

        var samples = await DataFolder.Read(_folder.Definition("image-list", list, LabelTask.MultiLabel, Two));

        Assert.Equal(
            ["a.png", "b 1.png", "sub/c,2.png", "./a.png", "x 1 0"], samples.Select(s => s.Image.Name[(_folder.Images.Length + 1)..]));
        Assert.Equal([[0, 1], [1, 0], [1, 1], [0, 0], [1, 1]], samples.Select(s => s.Targets));
    }

    [Fact]
    public async Task A_class_index_becomes_one_hot_and_a_single_label_stays_single()
    {
        var list = _folder.Write("list.txt", "a.png 2\na.png 0\n");
        var one = _folder.Write("one.txt", "a.png 1\na.png 0\n");

        Assert.Equal(
            [[0, 0, 1], [1, 0, 0]],
            (await DataFolder.Read(_folder.Definition("image-list", list, LabelTask.MultiClass, ["A", "B", "C"]))).Select(s => s.Targets));
        Assert.Equal(
            [[1], [0]], (await DataFolder.Read(_folder.Definition("image-list", one, LabelTask.Binary, ["A"]))).Select(s => s.Targets));
    }

    [Fact]
    public async Task A_row_of_an_unlabeled_set_is_a_name_alone()
    {
        var list = _folder.Write("list.txt", "a.png\nb 1.png\nsub/c,2.png\n");
        var samples = await DataFolder.Read(_folder.Definition("image-list", list, LabelTask.Unlabeled, []));
        Assert.Equal(["a.png", "b 1.png", "sub/c,2.png"], samples.Select(s => s.Image.Name[(_folder.Images.Length + 1)..]));
        Assert.All(samples, s => Assert.Empty(s.Targets));

        var labeled = _folder.Write("labeled.txt", "a.png 0 1\n");
        var e = await Assert.ThrowsAsync<ArkInputException>(() => DataFolder.Read(
            _folder.Definition("image-list", labeled, LabelTask.Unlabeled, [])));
        Assert.Contains("has 2 label(s), expected 0", e.Message, StringComparison.Ordinal);
        Assert.Contains("an image name alone", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_extension_is_added_to_names_that_lack_it()
    {
        var list = _folder.Write("list.txt", "d 1\nd.jpeg 0\n");

        var samples = await DataFolder.Read(_folder.Definition("image-list", list, LabelTask.Binary, ["A"], ("extension", ".jpeg")));

        Assert.All(samples, s => Assert.EndsWith("images/d.jpeg", s.Image.Name.Replace('\\', '/'), StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("a.png 0 1\ngone.png 0 1\n", "line 2: the image 'gone.png' was not found in")]
    [InlineData("a.png 0 1\n\n\na.png 0 x\n", "line 4: the label 2 (Hernia) is 'x', expected 0 or 1")]
    [InlineData("a.png 0 1.0\n", "the label 2 (Hernia) is '1.0', expected 0 or 1")]
    [InlineData("a.png 0\n", "line 1: the row has 1 label(s), expected 2")]
    [InlineData("a.png 0 1 1\n", "line 1: the row has 3 label(s), expected 2")]
    [InlineData("a.png;0;1\n", "semicolons separate nothing here")]
    [InlineData("/etc/passwd 0 1\n", "the image path '/etc/passwd' is absolute")]
    [InlineData("\\\\server\\x 0 1\n", "is absolute")]
    [InlineData("c:x.png 0 1\n", "is absolute")]
    [InlineData("sub/../../x.png 0 1\n", "leads outside the data folder")]
    [InlineData("sub\\..\\..\\x.png 0 1\n", "leads outside the data folder")]
    [InlineData("sub 0 1\n", "the path 'sub' is a folder")]
    [InlineData("a\u0007.png 0 1\n", "control character")]
    [InlineData("  \n\n", "the list is empty")]
    public async Task A_bad_row_is_refused_with_file_line_and_problem(string text, string problem)
    {
        var list = _folder.Write("list.txt", text);

        var e = await Assert.ThrowsAsync<ArkInputException>(() => DataFolder.Read(
            _folder.Definition("image-list", list, LabelTask.MultiLabel, Two)));

        Assert.StartsWith(list, e.Message, StringComparison.Ordinal);
        Assert.Contains(problem, e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Bytes_that_are_no_utf8_are_refused_with_their_line()
    {
        var list = _folder.Write("list.txt", "");
        await File.WriteAllBytesAsync(list, [.. "a.png 0 1\n"u8, 0xE9, .. ".png 0 1\n"u8], TestContext.Current.CancellationToken);

        var e = await Assert.ThrowsAsync<ArkInputException>(() => DataFolder.Read(
            _folder.Definition("image-list", list, LabelTask.MultiLabel, Two)));

        Assert.Contains("line 2: is not valid UTF-8", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_row_across_the_reading_blocks_is_whole()
    {
        // The reader takes blocks of 64 KiB; rows of 23 bytes cross them everywhere.
        var rows = Enumerable.Range(0, 20_000).Select(i => $"sub/c,2.png{new string(' ', 8)} {i / 2 % 2} {i % 2}").ToList();
        var list = _folder.Write("list.txt", string.Join('\n', rows));

        var samples = await DataFolder.Read(_folder.Definition("image-list", list, LabelTask.MultiLabel, Two));

        Assert.Equal(
            Enumerable.Range(0, 20_000).Select(i => ((float)(i / 2 % 2), (float)(i % 2))),
            samples.Select(s => (s.Targets[0], s.Targets[1])));
    }

    [Fact]
    public async Task A_split_without_a_list_a_list_that_is_gone_and_an_unknown_setting_are_named()
    {
        var list = _folder.Write("list.txt", "a.png 0 1\n");
        var dataset = _folder.Definition("image-list", list, LabelTask.MultiLabel, Two);

        async Task<string> Message(DatasetDefinition d, DatasetSplit split = DatasetSplit.Train) =>
            (await Assert.ThrowsAsync<ArkInputException>(() => DataFolder.Read(d, split))).Message;

        Assert.Contains("has no 'test_list'", await Message(dataset, DatasetSplit.Test), StringComparison.Ordinal);
        Assert.Contains("the list does not exist", await Message(dataset with { TrainList = list + "x" }), StringComparison.Ordinal);
        Assert.Contains(
            "test.yaml, dataset 'Test', key 'settings.extenson': is unknown. Did you mean 'extension'?",
            await Message(_folder.Definition("image-list", list, LabelTask.MultiLabel, Two, ("extenson", ".png"))),
            StringComparison.Ordinal);
    }
}
