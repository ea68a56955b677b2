using Ark.Inference;
using Microsoft.Extensions.DependencyInjection;

namespace Ark.Tests.Inference;

public class NeighborSearchTests(SmallModel small) : IClassFixture<SmallModel>
{
    [Theory]
    [InlineData(EmbeddingKind.Pooled, "near.npz")]
    [InlineData(EmbeddingKind.Projected, "near.parquet")]
    public async Task An_image_has_the_neighbors_of_its_row(EmbeddingKind kind, string name)
    {
        await using var host = small.Host();
        var model = host.GetRequiredKeyedService<LoadedModel>("small");
        var extractor = host.GetRequiredService<EmbeddingExtractor>();
        var written = await extractor.ExtractAsync(
            model, ImageInputs.Read(small.Images, cancellationToken: TestContext.Current.CancellationToken), small.PathOf(name),
            new ExtractionOptions { Kind = kind }, cancellationToken: TestContext.Current.CancellationToken);
        var search = host.GetRequiredService<NeighborSearch>();
        var table = await search.LoadAsync(written.Path, TestContext.Current.CancellationToken);
        Assert.Equal((24, written.Shape[0]), (table.Count, table.Width));
        var row = table.IndexOf("07.png");
        Assert.Equal(("07.png", -1), (table.Names![row], table.IndexOf("7.png")));

        var nearest = table.Find(row, 3);
        Assert.DoesNotContain(nearest, n => n.Name == "07.png");
        Assert.Equal(nearest.OrderByDescending(n => n.Similarity), nearest);
        Assert.Equal(24, table.Find(table[row], 30).Count);
        Assert.Equal(1, table.Find(table[row], 1)[0].Similarity, 1e-6);

        var image = new EncodedImage(
            await File.ReadAllBytesAsync(Path.Combine(small.Images, "07.png"), TestContext.Current.CancellationToken), "07.png");
        // A table with columns alone does not say what it is of.
        var found = await search.FindAsync(table, model, image, 3, kind, TestContext.Current.CancellationToken);
        Assert.Equal(nearest.Select(n => n.Name), found.Select(n => n.Name));
        Assert.All(nearest.Zip(found), p => Assert.Equal(p.First.Similarity, p.Second.Similarity, 1e-5));
    }

    [Fact]
    public async Task Embeddings_of_another_network_kind_or_length_are_refused()
    {
        await using var host = small.Host();
        var extractor = host.GetRequiredService<EmbeddingExtractor>();
        var search = host.GetRequiredService<NeighborSearch>();
        var model = host.GetRequiredKeyedService<LoadedModel>("small");
        async Task<EmbeddingTable> Table(EmbeddingKind kind) => await search.LoadAsync(
            (await extractor.ExtractAsync(model, ImageInputs.Read(
                small.Images,
                cancellationToken: TestContext.Current.CancellationToken), small.PathOf($"{kind}.safetensors"), new ExtractionOptions
                {
                    Kind = kind,
                },
                cancellationToken: TestContext.Current.CancellationToken)).Path, TestContext.Current.CancellationToken);
        var image = new ImageFile(Path.Combine(small.Images, "03.png"));
        async Task<string> Refused(EmbeddingTable table, LoadedModel by, EmbeddingKind? kind = null) =>
            (await Assert.ThrowsAsync<ArkInputException>(() => search.FindAsync(
                table, by, image, 3, kind, TestContext.Current.CancellationToken))).Message;
        var pooled = await Table(EmbeddingKind.Pooled);
        Assert.Equal((EmbeddingKind.Pooled, ModelRole.Teacher, small.Checkpoint), (pooled.Kind, pooled.Weights, pooled.Checkpoint));
        using (var rows = TorchSharp.torch.zeros(1, pooled.Width))
        {
            Safetensors.Save(small.PathOf("students.safetensors"), [KeyValuePair.Create("embeddings", rows)],
                new Dictionary<string, string> { ["names"] = "[\"a\"]", ["ark.weights"] = "student" });
        }

        var students = await search.LoadAsync(small.PathOf("students.safetensors"), TestContext.Current.CancellationToken);
        Assert.Contains("made by the student", await Refused(students, model), StringComparison.Ordinal);
        Assert.Contains("has embeddings of", await Refused(pooled, model, EmbeddingKind.Projected), StringComparison.Ordinal);
        Assert.Contains("tokens", await Refused(await Table(EmbeddingKind.Tokens), model), StringComparison.Ordinal);
        Assert.Throws<ArgumentOutOfRangeException>(() => pooled.Find(24));
        Assert.Throws<ArgumentOutOfRangeException>(() => pooled.Find(0, 0));
    }
}
