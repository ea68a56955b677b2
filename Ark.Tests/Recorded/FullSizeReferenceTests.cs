using Ark.Inference;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using static TorchSharp.torch;

namespace Ark.Tests.Recorded;

/// <summary>A checkpoint of the shape of Ark-6, from PNG files to embeddings and probabilities, against what was recorded.</summary>
public class FullSizeReferenceTests(FormulaModel formula) : IClassFixture<FormulaModel>
{
    [Theory]
    [MemberData(nameof(FullSizeRecording.WithPictures), MemberType = typeof(FullSizeRecording))]
    public async Task Embeddings_and_probabilities_of_two_pictures_are_the_recorded_ones(string recording)
    {
        var files = FullSizeRecording.Pictures(recording);
        using var folder = new TemporaryFolder();
        Safetensors.Save(folder.PathOf("ark6.safetensors"), formula.Model.state_dict());
        var services = new ServiceCollection();
        services.AddArk().AddModel("ark6", o => o.Checkpoint = folder.PathOf("ark6.safetensors"));
        await using var host = services.BuildServiceProvider();

        var generator = host.GetRequiredService<IEmbeddingGenerator<DataContent, Embedding<float>>>();
        DataContent[] images = [.. files.Select(f => new DataContent(File.ReadAllBytes(f), "image/png"))];
        var pooled = await generator.GenerateAsync(
            images, new EmbeddingGenerationOptions { Dimensions = 1024 }, TestContext.Current.CancellationToken);
        var projected = await generator.GenerateAsync(
            images, new EmbeddingGenerationOptions { Dimensions = 1376 }, TestContext.Current.CancellationToken);
        var classifier = host.GetRequiredService<IArkClassifier>();
        var predictions = await Task.WhenAll(
            files.Select(f => classifier.ClassifyAsync(new ImageFile(f), TestContext.Current.CancellationToken)));
        AssertRecorded(recording, pooled, projected, predictions);
    }

    private static void AssertRecorded(
        string recording,
        GeneratedEmbeddings<Embedding<float>> pooled,
        GeneratedEmbeddings<Embedding<float>> projected,
        ImagePrediction[] predictions)
    {
        using var recorded = NewDisposeScope();
        var expected = FullSizeRecording.Tensors(recording);
        AssertClose("pooled", pooled, expected["pooled.f64"]);
        AssertClose("projected", projected, expected["projected.f64"]);
        foreach (var (i, prediction) in predictions.Index())
        {
            Assert.Equal(6, prediction.Heads.Count);
            foreach (var head in prediction.Heads)
            {
                var logits = expected[$"logits.{head.Name}.f64"][i];
                var wanted = (head.IsExclusive ? logits.softmax(0) : logits.sigmoid()).data<double>().ToArray();
                Assert.All(head.Labels.Zip(wanted), p => Assert.Equal(p.Second, p.First.Probability, 1e-4));
            }

            Assert.Equal("Lung Opacity", prediction.Heads.Single(h => h.IsExclusive).Labels[2].Name);
        }
    }

    private static void AssertClose(string name, GeneratedEmbeddings<Embedding<float>> actual, Tensor expected)
    {
        using var rows = tensor(actual.SelectMany(e => e.Vector.ToArray()).ToArray(), expected.shape);
        Reference.AssertClose(name, rows, expected, 1e-4);
    }
}
