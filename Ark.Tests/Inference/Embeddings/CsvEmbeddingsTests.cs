using Ark.Inference;

namespace Ark.Tests.Inference;

/// <summary>The index of a dataframe is no number of an embedding.</summary>
public sealed class CsvEmbeddingsTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(",name,e0,e1\n0,a.png,1,2\n1,b.png,3,4\n")]
    [InlineData("Unnamed: 0,name,e0,e1\n0,a.png,1,2\n1,b.png,3,4\n")]
    [InlineData("name,index,e0,e1\na.png,0,1,2\nb.png,1,3,4\n")]
    [InlineData("__index_level_0__,e0,name,e1\n0,1,a.png,2\n1,3,b.png,4\n")]
    [InlineData(",e0,e1\na.png,1,2\nb.png,3,4\n")]
    public void Numbers_are_those_of_the_embedding_alone(string text)
    {
        var table = CsvEmbeddings.Read(_folder.Write("e.csv", text));

        Assert.Equal(["a.png", "b.png"], table.Names);
        Assert.Equal(2, table.Width);
        Assert.Equal([[1, 2], [3, 4]], table.Rows);
    }
}
