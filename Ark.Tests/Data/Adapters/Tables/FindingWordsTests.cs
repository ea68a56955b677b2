using Ark.Data;

namespace Ark.Tests.Data;

/// <summary>A cell that lists findings is never read as another set of findings in silence.</summary>
public sealed class FindingWordsTests : IDisposable
{
    private readonly DataFolder _folder = new();

    public FindingWordsTests() => _folder.AddImages("1.png", "2.png");

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("Effusion|Mass", 1, 1)]
    [InlineData("Effusion;Mass", 1, 1)]
    [InlineData("effusion , mass", 1, 1)]
    [InlineData("Effusion;No Finding", 1, 0)]
    [InlineData("['Mass']", 0, 1)]
    [InlineData("Pleural Thickening", 0, 0)]
    [InlineData("No Finding", 0, 0)]
    [InlineData("normal", 0, 0)]
    public async Task A_cell_names_the_labels_whatever_separates_them(string cell, float effusion, float mass)
    {
        var samples = await Read(cell);

        Assert.Equal([effusion, mass], samples[0].Targets);
    }

    [Theory]
    [InlineData("nan")]
    [InlineData("NaN")]
    [InlineData("")]
    [InlineData("N/A")]
    public async Task A_cell_without_a_word_is_missing(string cell)
    {
        var samples = await Read(cell);

        Assert.All(samples[0].Targets, t => Assert.Equal(float.NaN, t));
    }

    [Theory]
    [InlineData("Effusion;Fibrosis", "findings_separator: \";\"")]
    [InlineData("Effusion/Mass", "findings_separator: \"/\"")]
    public async Task A_cell_that_can_be_read_in_two_ways_is_refused(string cell, string mend)
    {
        var error = await Assert.ThrowsAsync<ArkInputException>(() => Read(cell));

        Assert.Contains("line 2, column 'Finding Labels'", error.Message, StringComparison.Ordinal);
        Assert.Contains(mend, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_setting_decides_what_such_a_word_means()
    {
        var samples = await Read("Nodule/Mass", ("values.Nodule/Mass", "Mass"));

        Assert.Equal([0, 1], samples[0].Targets);
    }

    [Fact]
    public async Task A_check_counts_the_words_that_are_no_label()
    {
        var list = _folder.Write("l.csv", "Image Index,Finding Labels\n1.png,Pleural effusion|Mass\n2.png,Hernia|pleural effusion\n");
        var definition = _folder.Definition("ChestXray14", list, LabelTask.MultiLabel, ["Effusion", "Mass"]);

        var check = await new DatasetChecker(new NetVipsImageDecoder()).CheckAsync(
            definition, new DatasetAdapterRegistry().Create(definition), cancellationToken: TestContext.Current.CancellationToken);

        var split = Assert.Single(check.Splits);
        Assert.Equal([new FindingCount("Pleural effusion", 2), new FindingCount("Hernia", 1)], split.UnknownFindings);
        Assert.Contains(split.Warnings, w => w.Message.Contains("'Pleural effusion' 2, 'Hernia' 1", StringComparison.Ordinal));
    }

    private async Task<IReadOnlyList<ImageSample>> Read(string cell, params (string Key, string Value)[] settings)
    {
        var list = _folder.Write("l.csv", $"Image Index,Finding Labels\n1.png,\"{cell}\"\n2.png,Mass\n");
        return await DataFolder.Read(
            _folder.Definition("ChestXray14", list, LabelTask.MultiLabel, ["Effusion", "Mass"], settings));
    }
}
