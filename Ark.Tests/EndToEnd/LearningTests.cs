using System.Globalization;
using Ark.Training;

namespace Ark.Tests.EndToEnd;

public class LearningTests(PhantomFixture phantom) : IClassFixture<PhantomFixture>
{
    [Theory]
    [InlineData(TaskOrder.Cyclic, 20)]
    [InlineData(TaskOrder.Shuffled, 20)]
    [InlineData(TaskOrder.Concurrent, 30)]
    [InlineData(TaskOrder.SingleHead, 20)]
    public async Task Pretraining_learns_a_few_pictures_by_heart(TaskOrder order, int epochs)
    {
        // Batches are drawn anew each epoch, so labels that belong to other rows of the batch could not be learnt.
        var run = phantom.Run(null, o =>
        {
            (o.TaskOrder, o.Epochs, o.BatchSize, o.EvaluationInterval, o.PixelBaseline) = (order, epochs, 4, epochs, false);
            (o.LearningRate, o.WeightDecay, o.DropPathRate, o.MinCropScale, o.ConsistencyScale) = (2e-3, 0, 0, 1, 0);
        }, ["PhantomPneumothorax", "PhantomView"]);
        run = run with { Datasets = [.. run.Datasets.Select(d => d with { Adapter = new FewSamples(d.Adapter, 8) })] };
        var losses = new List<(string Pass, double Loss)>();
        await phantom.TrainAsync(run, new Reaction(p =>
        {
            if (Reaction.IsPassEnd(p)) losses.Add((p.Dataset!, p.TaskLoss!.Value));
        }), TestContext.Current.CancellationToken);
        var passes = losses.ToLookup(l => l.Pass, l => l.Loss);
        TestContext.Current.SendDiagnosticMessage(string.Join(
            '\n',
            passes.Select(p => $"{order} {p.Key}: {string.Join(' ', p.Select(l => l.ToString("F2", CultureInfo.InvariantCulture)))}")));
        Assert.Equal(order == TaskOrder.Concurrent ? 1 : 2, passes.Count);
        Assert.All(passes, p => Assert.InRange(p.TakeLast(3).Average(), 0, p.First() / 2));
    }
}
