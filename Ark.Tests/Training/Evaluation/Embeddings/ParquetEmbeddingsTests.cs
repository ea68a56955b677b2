using Ark.Evaluation;
using Parquet;
using Parquet.Schema;

namespace Ark.Tests.Training;

/// <summary>The index of a dataframe is no number of an embedding.</summary>
public sealed class ParquetEmbeddingsTests
{
    [Theory]
    [InlineData("__index_level_0__")]
    [InlineData("Unnamed: 0")]
    public async Task Numbers_are_those_of_the_embedding_alone(string index)
    {
        using var folder = new TemporaryFolder();
        var path = folder.PathOf("e.parquet");
        var schema = new ParquetSchema(
            new DataField<double?>(index), new DataField<double?>("e0"), new DataField<double?>("e1"));
        await using (var stream = File.Create(path))
        await using (var writer = await ParquetWriter.CreateAsync(
            schema, stream, cancellationToken: TestContext.Current.CancellationToken))
        {
            using var group = writer.CreateRowGroup();
            var values = new double?[][] { [0, 1], [1, 3], [2, 4] };
            for (var c = 0; c < values.Length; c++)
                await group.WriteAsync<double>(
                    schema.GetDataFields()[c], values[c], cancellationToken: TestContext.Current.CancellationToken);
        }

        var table = ParquetEmbeddings.Read(path, TestContext.Current.CancellationToken);

        Assert.Equal([[1, 2], [3, 4]], table.Rows);
    }
}
