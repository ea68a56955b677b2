namespace Ark.Tests.Documents;

/// <summary>The documents are written in short sentences.</summary>
public class ProseTests
{
    private const int Limit = 20;

    public static TheoryData<string> Pages() => [.. Document.All.Select(d => d.Name).Where(n => n != "CHANGELOG.md")];

    [Theory]
    [MemberData(nameof(Pages))]
    public void Sentences_of_a_page_have_fewer_than_twenty_words_on_the_mean(string name)
    {
        var sentences = Prose.Sentences(Document.All.Single(d => d.Name == name).Text).OrderByDescending(Prose.Words).ToList();
        Assert.NotEmpty(sentences);
        var mean = sentences.Average(Prose.Words);
        Assert.True(mean < Limit, $"{name}: {mean:F1} words a sentence. The longest has {Prose.Words(sentences[0])}: {sentences[0]}");
    }

    [Fact]
    public void Sentences_are_running_text_without_code_tables_and_headings() => Assert.Equal(
        ["A link, and Code twice.", "Is it one?", "Yes", "It goes on in the next line, with a picture.", "First.", "Second of 0.5 items"],
        Prose.Sentences(
        [
            "# No sentence", "A [link](https://a.example/b.c), and `a. B` **twice**. Is it one? Yes", "| a table |", "",
            "It goes on", "in the next line, with [![a picture](p.png)](q.md).", "- First.", "2. Second of 0.5 items",
        ]));
}
