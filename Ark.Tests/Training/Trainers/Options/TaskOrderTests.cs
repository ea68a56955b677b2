using Ark.Evaluation;
using Ark.Inference;
using Ark.Training;
using static TorchSharp.torch;

namespace Ark.Tests.Training;

public class TaskOrderTests(PhantomFixture phantom) : IClassFixture<PhantomFixture>
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public void Shuffled_order_visits_every_dataset_once_an_epoch_in_orders_that_differ()
    {
        var orders = Enumerable.Range(0, 20).Select(e => DatasetPass.Of(TaskOrder.Shuffled, Datasets(5, 6, 7), 1, e)
            .Select(p => p.Datasets[0])
            .ToArray()).ToList();
        Assert.All(orders, o => Assert.Equal([0, 1, 2], o.Order()));
        Assert.True(orders.Select(o => string.Join(',', o)).Distinct().Count() >= 4);
    }

    [Fact]
    public void Concurrent_order_holds_each_dataset_in_its_share_in_every_stretch_and_every_image_once()
    {
        var datasets = Datasets(60, 30, 10);
        var mixed = MixedSamples.Of(datasets, evenly: true, seed: 3, epoch: 0);
        Assert.Equal(100, mixed.Select(s => s.Sample.Image.Name).Distinct().Count());
        foreach (var batch in mixed.Chunk(20))
        {
            var counts = batch.GroupBy(s => s.Dataset).ToDictionary(g => g.Key, g => g.Count());
            Assert.InRange(counts[0], 10, 14);
            Assert.InRange(counts[1], 4, 8);
            Assert.InRange(counts[2], 1, 3);
        }

        Assert.NotEqual(mixed, MixedSamples.Of(datasets, evenly: true, seed: 3, epoch: 1));
        Assert.All(mixed, s => Assert.StartsWith(datasets[s.Dataset].Name + "/", s.Sample.Image.Name, StringComparison.Ordinal));
        Assert.All(mixed, s => Assert.Equal(datasets[s.Dataset].Labels.Count, s.Sample.Targets.Length));
    }

    [Fact]
    public void Merged_head_has_each_label_once_however_it_is_written()
    {
        PreparedDataset[] datasets = [Dataset("a", 1, "No Finding", "Edema"), Dataset("b", 1, "Mass", "No_finding")];
        var heads = HeadPlan.Heads(TaskOrder.SingleHead, datasets, []);
        Assert.Equal(["No Finding", "Edema", "Mass"], Assert.Single(heads).Labels.Names);
        Assert.Equal([2, 0], HeadPlan.Tasks(TaskOrder.SingleHead, datasets, heads)[1].Columns!);
    }

    [Theory]
    [InlineData(TaskOrder.Concurrent)]
    [InlineData(TaskOrder.SingleHead)]
    public async Task Every_order_learns_and_its_checkpoint_is_evaluated_as_the_run_did(TaskOrder order)
    {
        var run = phantom.Run("order-" + order, o => (o.TaskOrder, o.Epochs) = (order, 1));
        var result = await phantom.TrainAsync(run, cancellationToken: Cancellation);
        using var model = LoadedModel.Load(new RunFiles(run.Directory!).Checkpoint());
        foreach (var dataset in run.Datasets)
        {
            var evaluation = await new ArkEvaluator(new Ark.Data.NetVipsImageDecoder()).EvaluateAsync(
                model, dataset, cancellationToken: Cancellation);
            Assert.Equal(
                result.Evaluations.Single(e => e.Dataset == dataset.Name && e.Weights == ModelRole.Teacher).MeanAuroc!.Value,
                evaluation.MeanAuroc!.Value,
                6);
        }
    }

    [Fact]
    public async Task Run_that_goes_on_from_a_trained_model_keeps_its_heads_by_name_and_adds_one_for_a_new_dataset()
    {
        var first = phantom.Run("first", o => o.Epochs = 1, ["PhantomView", "PhantomTriage"]);
        await phantom.TrainAsync(first, cancellationToken: Cancellation);
        var trained = new RunFiles(first.Directory!);

        // A rate of zero shows what the run began with. The old datasets need not take part, nor stand in their old order.
        var second = phantom.Run("second", o => (o.Epochs, o.InitialWeights, o.LearningRate, o.MinimumLearningRate, o.TeacherMomentum) = (
            1, trained.Checkpoint(), 0, 0, 1), ["PhantomPneumothorax", "PhantomTriage"]);
        await phantom.TrainAsync(second, cancellationToken: Cancellation);
        using var model = LoadedModel.Load(new RunFiles(second.Directory!).Checkpoint());
        Assert.Equal(["PhantomView", "PhantomTriage", "PhantomPneumothorax"], model.Description.Heads.Select(h => h.Name));
        foreach (var key in (string[])["state_dict", "teacher"])
        {
            var (before, after) = ((PickleDictionary)trained.Root()[key]!, (PickleDictionary)new RunFiles(second.Directory!).Root()[key]!);
            Assert.All(
                before, e => Assert.True(((Tensor)e.Value!).equal((Tensor)after[e.Key]!).all().item<bool>(), $"{key}.{e.Key} differs"));
            Assert.True(after.ContainsKey("omni_heads.2.weight"));
        }
    }

    [Fact]
    public async Task Run_that_goes_on_from_a_model_of_another_shape_is_refused_with_the_options_that_fit()
    {
        var first = phantom.Run("shaped", o => o.Epochs = 1, ["PhantomView"]);
        await phantom.TrainAsync(first, cancellationToken: Cancellation);
        var second = phantom.Run(
            "misshaped", o => (o.InitialWeights, o.ProjectorFeatures) = (new RunFiles(first.Directory!).Checkpoint(), 8));
        var error = await Assert.ThrowsAsync<ArkInputException>(() => phantom.TrainAsync(second, cancellationToken: Cancellation));
        Assert.Contains("'ProjectorFeatures' 16", error.Message, StringComparison.Ordinal);
    }

    private static PreparedDataset[] Datasets(params int[] sizes) =>
        [.. sizes.Select((n, i) => Dataset("set" + i, n, [.. Enumerable.Range(0, i + 1).Select(l => "label" + l)]))];

    private static PreparedDataset Dataset(
        string name, int size, params string[] labels) => new(name, new LabelSchema(LabelTask.MultiLabel, labels), null,
        [.. Enumerable.Range(0, size).Select(i => new ImageSample(new ImageFile($"{name}/{i}"), new float[labels.Length]))], [], []);
}
