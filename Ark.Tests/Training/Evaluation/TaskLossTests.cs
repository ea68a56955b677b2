using Ark.Data;
using Ark.Evaluation;
using Ark.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace Ark.Tests.Training;

public class TaskLossTests(PhantomFixture phantom) : IClassFixture<PhantomFixture>
{
    private const float Missing = float.NaN;

    public static TheoryData<string, bool, float[]> Targets => new()
    {
        { "binary", false, [1, 0, Missing, Missing, Missing, Missing, 0, Missing, 1, 1, 1, 0] },
        { "soft", false, [0.9f, Missing, 0.1f, 0.55f, 0.7f, 0.85f, Missing, Missing, 0.6f, 0.25f, Missing, 0] },
        { "one-hot", true, [0, 0, 1, Missing, Missing, Missing, 0, 1, 0, 1, 0, Missing] },
        { "soft classes", true, [0.2f, 0.3f, 0.5f, 0.1f, 0.8f, 0.1f, Missing, Missing, Missing, 0, 0.4f, 0.6f] },
    };

    [Theory]
    [MemberData(nameof(Targets))]
    public void Missing_targets_leave_loss_and_gradient_of_the_present_ones_alone(string kind, bool exclusive, float[] values)
    {
        using var scope = NewDisposeScope();
        var (logits, targets) = (Logits(), tensor(values, [4, 3]));
        // Of classes that exclude each other, one that is missing leaves nothing to say about the others.
        var present = exclusive ? targets.isnan().any(1, keepdim: true).logical_not().expand(4, 3) : targets.isnan().logical_not();
        var loss = TaskLoss.Compute(logits, targets, exclusive, anyMissing: true);
        loss.backward();

        var alone = Logits();
        var (kept, wanted) = (alone.masked_select(present), targets.masked_select(present));
        var expected = exclusive
            ? nn.functional.cross_entropy(kept.reshape(-1, 3), wanted.reshape(-1, 3))
            : nn.functional.binary_cross_entropy_with_logits(kept, wanted);
        expected.backward();
        Assert.Equal(expected.ToDouble(), loss.ToDouble(), 1e-6);
        Assert.True(alone.grad!.allclose(logits.grad!, rtol: 0, atol: 1e-7), kind);
        Assert.True((logits.grad! == 0).equal(present.logical_not()).all().item<bool>(), kind);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Loss_without_any_target_is_zero_and_moves_nothing(bool exclusive)
    {
        using var scope = NewDisposeScope();
        var logits = Logits();
        var loss = TaskLoss.Compute(logits, full([4, 3], Missing), exclusive, anyMissing: true);
        loss.backward();
        Assert.Equal(0, loss.ToDouble());
        Assert.True((logits.grad! == 0).all().item<bool>());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Loss_of_complete_targets_is_the_same_whether_some_might_be_missing_or_not(bool exclusive)
    {
        using var scope = NewDisposeScope();
        var targets = tensor(new float[] { 1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 1, 0 }, [4, 3]);
        Assert.Equal(
            TaskLoss.Compute(Logits(), targets, exclusive, anyMissing: false).ToDouble(),
            TaskLoss.Compute(Logits(), targets, exclusive, anyMissing: true).ToDouble(),
            1e-6);
    }

    [Fact]
    public void Shares_of_a_mixed_batch_add_up_to_one_and_weigh_datasets_by_images_and_parts_by_targets()
    {
        using var scope = NewDisposeScope();
        using var small = new SmallAccrual(Fidelity.Corrected);
        // The findings have 2 + 1 + 0 + 2 targets, the classes two whole rows and one that lacks a class.
        (int Dataset, float[] Targets)[] rows =
        [
            (0, [1, 0]), (1, [0, 0, 1]), (0, [0, Missing]), (1, [1, 0, 0]),
            (0, [Missing, Missing]), (1, [0, 1, Missing]), (0, [0, 1]),
        ];
        StepSample[] samples = [.. rows.Select((r, i) => new StepSample(r.Dataset, new ImageSample(new FakeImage(i), r.Targets)))];
        using var batch = BatchOf(samples);
        var step = new StepBatch(batch, samples, [2, 3], small.Accrual, parts: 2, CPU);
        var parts = Enumerable.Range(0, step.Parts).Select(step.Part).ToArray();
        Assert.Equal([4 / 7.0, 3 / 7.0], parts.Select(p => p.Share));
        Assert.Equal(1, parts.SelectMany(p => p.Tasks).Sum(t => t.Share), 1e-12);
        Assert.Equal(
            [4 / 7.0 * 3 / 5, 3 / 7.0, 4 / 7.0 * 2 / 5, 0],
            parts.SelectMany(p => p.Tasks).Select(t => t.Share),
            (a, b) => Math.Abs(a - b) < 1e-12);
        Assert.Equal([0, 1, 0, 1], parts.SelectMany(p => p.Tasks).Select(t => t.Dataset));
        Assert.Equal([2L, 0L], [.. parts[1].Tasks[0].Rows!.data<long>().Select(r => 2 - r)]);
    }

    [Theory]
    [InlineData(TaskOrder.Cyclic)]
    [InlineData(TaskOrder.Concurrent)]
    public async Task Batches_in_parts_end_with_the_weights_of_whole_batches_though_targets_are_missing(TaskOrder order)
    {
        var whole = await TrainAsync($"whole-{order}", order, accumulate: 1);
        var parts = await TrainAsync($"parts-{order}", order, accumulate: 3);
        foreach (var key in (string[])["state_dict", "teacher"])
        {
            var (one, other) = ((PickleDictionary)whole.Root()[key]!, (PickleDictionary)parts.Root()[key]!);
            Assert.All(
                one, e => Assert.True(((Tensor)e.Value!).allclose((Tensor)other[e.Key]!, rtol: 0, atol: 1e-5), $"{key}.{e.Key} differs"));
        }
    }

    private async Task<RunFiles> TrainAsync(string name, TaskOrder order, int accumulate)
    {
        var run = phantom.Run(name, o =>
        {
            (o.TaskOrder, o.GradientAccumulationSteps, o.Epochs, o.DropPathRate, o.PixelBaseline) = (order, accumulate, 1, 0, false);
            (o.Optimizer, o.LearningRate, o.MinimumLearningRate) = (OptimizerKind.Sgd, 0.05, 0.05);
        }, ["PhantomFindings", "PhantomTriage"]);
        run = run with { Datasets = [.. run.Datasets.Select(d => d with { Adapter = new FewSamples(d.Adapter, 24) })] };
        var samples = await run.Datasets[0].Adapter.ReadAsync(DatasetSplit.Train, TestContext.Current.CancellationToken);
        Assert.Contains(samples, s => s.Targets.Any(float.IsNaN));
        await phantom.TrainAsync(run, cancellationToken: TestContext.Current.CancellationToken);
        return new RunFiles(run.Directory!);
    }

    private static Batch BatchOf(IReadOnlyList<StepSample> samples)
    {
        ImageSample[] images = [.. samples.Select(s => s.Sample with { Targets = [] })];
        return Assert.Single(new BatchLoader(
            images,
            new FakeTransform(),
            new NoDecoder(),
            new BatchLoaderOptions { BatchSize = images.Length }).ReadAsync(0, TestContext.Current.CancellationToken)
            .ToBlockingEnumerable(TestContext.Current.CancellationToken));
    }

    private static Tensor Logits()
    {
        using var generator = new Generator(4);
        return randn([4, 3], generator: generator).requires_grad_();
    }
}
