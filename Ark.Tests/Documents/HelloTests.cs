namespace Ark.Tests.Documents;

/// <summary>The first program that a reader sees.</summary>
public class HelloTests
{
    [Fact]
    public void The_hello_sample_is_the_program_of_the_package_README()
    {
        var shown = Document.All.Single(d => d.Name == "eng/packaging/README.md").Blocks.Single(b => b.Language == "csharp");
        Assert.Equal(shown.Lines, File.ReadAllLines(Document.PathOf("samples/hello/Program.cs")));
        Assert.True(shown.Lines.Count < 30);
    }
}
