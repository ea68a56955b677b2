namespace Ark.Tests.Data;

public sealed class CsvListAdapterTests : IDisposable
{
    private readonly DataFolder _folder = new();

    public CsvListAdapterTests() => _folder.AddImages("a.png", "b,1.png");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Labels_are_found_by_name_and_blank_is_missing_and_minus_one_uncertain()
    {
        var list = _folder.Write("l.csv", "Hernia,Path,Sex,edema\n1,a.png,F,0.0\n-1,\"b,1.png\",M,\n,a.png,,1.0\n");

        async Task<float[][]> Read(params (string, string)[] settings) =>
            [.. (await DataFolder.Read(
                _folder.Definition("csv", list, LabelTask.MultiLabel, ["Edema", "Hernia"], settings))).Select(s => s.Targets)];

        Assert.Equal([[0, 1], [float.NaN, float.NaN], [1, float.NaN]], await Read());
        Assert.Equal([[0, 1], [float.NaN, 1], [1, float.NaN]], await Read(("uncertain", "ones")));
        Assert.Equal([[0, 1], [0, 0], [1, 0]], await Read(("uncertain", "zeros"), ("missing", "zeros")));
    }

    [Fact]
    public async Task Columns_classes_and_patients_follow_the_settings()
    {
        var list = _folder.Write("l.csv", "file,who,stage,mark\na.png,p1,late,1\na.png,,early,0\na.png,p2,1,1\n");

        var classes = await DataFolder.Read(_folder.Definition(
            "csv", list, LabelTask.MultiClass, ["early", "late"], ("image_column", "file"), ("class_column", "stage"),
            ("patient_column", "who")));
        var marks = await DataFolder.Read(
            _folder.Definition("csv", list, LabelTask.Binary, ["Nodule"], ("image_column", "file"), ("columns.Nodule", "mark")));

        Assert.Equal([[0, 1], [1, 0], [0, 1]], classes.Select(s => s.Targets));
        Assert.Equal(["p1", null, "p2"], classes.Select(s => s.PatientId));
        Assert.Equal([[1], [0], [1]], marks.Select(s => s.Targets));
    }

    [Fact]
    public async Task An_unlabeled_table_gives_images_and_patients_whatever_stands_in_its_other_columns()
    {
        var list = _folder.Write("l.csv", "Path,edema,who\na.png,perhaps,p1\n\"b,1.png\",,p2\n");
        var samples = await DataFolder.Read(
            _folder.Definition("csv", list, LabelTask.Unlabeled, [], ("patient_column", "who")));
        Assert.Equal(["p1", "p2"], samples.Select(s => s.PatientId));
        Assert.All(samples, s => Assert.Empty(s.Targets));
    }

    [Fact]
    public async Task A_table_gives_what_a_list_of_the_same_images_gives_and_the_patients_too()
    {
        _folder.AddImages("c.png");
        var table = _folder.Write("l.csv", "image,patient_id,Edema,Hernia\na.png,p1,0,1\nc.png,p2,1,0\n");
        var list = _folder.Write("l.txt", "a.png 0 1\nc.png 1 0\n");

        var rows = await DataFolder.Read(
            _folder.Definition("csv", table, LabelTask.MultiLabel, ["Edema", "Hernia"], ("patient_column", "patient_id")));
        var lines = await DataFolder.Read(_folder.Definition("image-list", list, LabelTask.MultiLabel, ["Edema", "Hernia"]));

        Assert.Equal(
            lines.Select(s => (s.Image.Name, string.Join(',', s.Targets))), rows.Select(s => (s.Image.Name, string.Join(',', s.Targets))));
        Assert.Equal(["p1", "p2"], rows.Select(s => s.PatientId));
        Assert.All(lines, s => Assert.Null(s.PatientId));
    }

    [Theory]
    [InlineData("", "the list is empty")]
    [InlineData("image,label\n", "the list is empty: it has no row below its header")]
    [InlineData("file,label\na.png,1\n", "line 1: the header has no image column")]
    [InlineData("image,lable\na.png,1\n", "line 1: the header has no column 'label'. Did you mean 'lable'?")]
    [InlineData("image,label,Label,LABEL\na.png,1,1,1\n", "")]
    [InlineData("image,LABEL,Label\na.png,1,1\n", "line 1: the header has more than one column 'label'")]
    [InlineData("image,label\na.png,7\n", "line 2, column 'label': the class label '7' is neither a name nor a number in the range 0 to 1")]
    [InlineData("image,label\na.png,+1\n", "the class label '+1'")]
    [InlineData("image,label\n\"a.png\n\",1\na.png,x\n", "control character")]
    [InlineData("image,label,note\na.png,1,\"two\nlines\"\na.png,x,\n", "line 4, column 'label': the class label 'x'")]
    [InlineData("image,label\na.png,1,2\n", "line 2: the row has 3 fields, expected 2")]
    [InlineData("image,label\ngone.png,1\n", "line 2: the image 'gone.png' was not found")]
    [InlineData("image,label\n../a.png,1\n", "line 2: the image path '../a.png' leads outside")]
    [InlineData("image,label\na.png,\"1\n", "line 2: is no valid CSV")]
    [InlineData("image,label\na.png,1\"1\n", "line 2, column 'label': the ")]
    public async Task A_bad_table_is_refused_with_file_line_and_problem(string text, string problem)
    {
        var list = _folder.Write("l.csv", text);
        var dataset = _folder.Definition("csv", list, LabelTask.MultiClass, ["A", "B"]);
        if (problem.Length == 0)
        {
            Assert.Single(await DataFolder.Read(dataset));
            return;
        }

        var e = await Assert.ThrowsAsync<ArkInputException>(() => DataFolder.Read(dataset));

        Assert.StartsWith(list, e.Message, StringComparison.Ordinal);
        Assert.Contains(problem, e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_quote_that_never_closes_takes_no_more_than_a_record()
    {
        var list = Path.Combine(_folder.Root, "l.csv");
        await using (var writer = new StreamWriter(list))
        {
            await writer.WriteAsync("image,label\n\"");
            for (var i = 0; i < 400; i++) await writer.WriteAsync(new string('x', 100_000));
        }

        var e = await Assert.ThrowsAsync<ArkInputException>(() => DataFolder.Read(
            _folder.Definition("csv", list, LabelTask.Binary, ["A"])));

        Assert.Contains("line 2: is no valid CSV", e.Message, StringComparison.Ordinal);
    }
}
