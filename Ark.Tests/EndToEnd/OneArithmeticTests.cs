using System.Globalization;
using System.Text.Json.Nodes;
using Ark.Data;
using Ark.Evaluation;
using Ark.Inference;
using static TorchSharp.torch;

namespace Ark.Tests.EndToEnd;

/// <summary>The same image, model and batch give the same probability, whatever command asks.</summary>
public class OneArithmeticTests(TrainedPhantom trained) : IClassFixture<TrainedPhantom>
{
    [Theory]
    [InlineData("PhantomFindings", 1)]
    [InlineData("PhantomTriage", 1)]
    [InlineData("PhantomTriage", 10)]
    [InlineData("PhantomView", 10)]
    public async Task Evaluate_and_predict_give_the_same_bits(string dataset, int crops)
    {
        string[] common = ["--checkpoint", trained.Checkpoint, "--crops", $"{crops}", "--batch-size", "20", "--quiet"];
        var table = Path.Combine(trained.Folder, $"{dataset}-{crops}.parquet");
        var evaluated = await CommandLineRun.Of(
        [
            "evaluate", "--config", trained.Catalogue, "--dataset", dataset, "--predictions", table, .. common
        ]);
        Assert.True(evaluated.ExitCode == 0, evaluated.Error);
        var read = await PredictionFile.ReadAsync(table, TestContext.Current.CancellationToken);
        var images = read.Names!.Select(n => Path.Combine(DatasetCatalogue.Load(trained.Catalogue).Get(dataset).DataDirectory, n));
        var predicted = await CommandLineRun.Of(["predict", .. images, "--head", dataset, "--json", "-", .. common]);
        Assert.True(predicted.ExitCode == 0, predicted.Error);
        var answers = JsonNode.Parse(predicted.Out)!.AsArray();
        Assert.Equal(read.Count, answers.Count);
        for (var i = 0; i < read.Count; i++)
        {
            var labels = answers[i]!["heads"]![0]!["labels"]!.AsArray();
            Assert.Equal(read.Labels.Names, labels.Select(l => (string)l!["name"]!));
            var row = Enumerable.Range(0, labels.Count).Select(k => read.Probability(i, k));
            Assert.Equal(row, labels.Select(l => (float)(double)l!["probability"]!));
        }
    }

    [Fact]
    public void A_dataset_in_another_order_of_classes_gets_the_same_probabilities()
    {
        var random = new RandomStream(5);
        float[] row = [.. Enumerable.Range(0, 7).Select(_ => (float)((random.NextDouble() * 12) - 6))];
        int[] order = [4, 2, 6, 0, 5, 1, 3];
        var head = new LabelSchema(LabelTask.MultiClass, [.. Enumerable.Range(0, 7).Select(k => k.ToString(CultureInfo.InvariantCulture))]);
        var dataset = new LabelSchema(LabelTask.MultiClass, [.. order.Select(o => head.Names[o])]);
        var sample = new ImageSample(new ArrayImage("image", 32, 32, 1, new byte[32 * 32]), [1, 0, 0, 0, 0, 0, 0]);
        var batches = new BatchSource(new NetVipsImageDecoder(), 1, 1, BadImagePolicy.Stop)
            .InOrder("images", [sample], new EvaluationTransform(32, 32), TestContext.Current.CancellationToken);
        var (_, read) = SplitReader.Read(_ => tensor(row, [1, 7]), dataset, batches, exclusive: true, CPU, _ => { }, order);
        var expected = HeadActivation.Of(head).Probabilities(row);
        Assert.Equal(order.Select(o => (float)expected[o]), Enumerable.Range(0, 7).Select(k => read.Probability(0, k)));
    }
}
