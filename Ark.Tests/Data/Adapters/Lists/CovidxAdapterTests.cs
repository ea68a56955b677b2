namespace Ark.Tests.Data;

/// <summary>The editions of COVIDx call the same class by different words.</summary>
public sealed class CovidxAdapterTests : IDisposable
{
    private readonly DataFolder _folder = new();

    public CovidxAdapterTests() => _folder.AddImages("train/a.png", "train/b.png");

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("positive", "negative", "COVID-19")]
    [InlineData("COVID-19", "negative", "positive")]
    [InlineData("positive", "Negative", "positive")]
    public async Task Both_words_of_the_disease_are_one_class(string word, string other, string label)
    {
        var list = _folder.Write("train.txt", $"1 a.png {word} bimcv\n2 b.png {other} bimcv\n");

        var samples = await DataFolder.Read(_folder.Definition("COVIDx", list, LabelTask.MultiClass, ["negative", label]));

        Assert.Equal([[0, 1], [1, 0]], samples.Select(s => s.Targets));
    }

    [Fact]
    public async Task A_setting_explains_other_words_and_without_it_they_are_refused()
    {
        var list = _folder.Write("train.txt", "1 a.png pneumonia cohen\n");

        var samples = await DataFolder.Read(_folder.Definition(
            "COVIDx", list, LabelTask.MultiClass, ["negative", "positive"], ("values.pneumonia", "negative")));

        Assert.Equal([1, 0], Assert.Single(samples).Targets);
        Assert.Contains("values: {pneumonia: CLASS}", (await Assert.ThrowsAsync<ArkInputException>(() => DataFolder.Read(
            _folder.Definition("COVIDx", list, LabelTask.MultiClass, ["negative", "positive"])))).Message, StringComparison.Ordinal);
    }
}
