using Ark.Evaluation;
using Ark.Training;

namespace Ark.Tests.Training;

public class RunCheckpointsTests(PhantomFixture phantom) : IClassFixture<PhantomFixture>
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(TaskOrder.Cyclic, EmaMode.Iteration, Fidelity.Published, 4)]
    [InlineData(TaskOrder.Shuffled, EmaMode.Epoch, Fidelity.Corrected, 5)]
    [InlineData(TaskOrder.Cyclic, EmaMode.Epoch, Fidelity.Corrected, 1)]
    [InlineData(TaskOrder.Concurrent, EmaMode.Iteration, Fidelity.Corrected, 3)]
    [InlineData(TaskOrder.SingleHead, EmaMode.Iteration, Fidelity.Corrected, 6)]
    public async Task Run_that_is_killed_and_resumed_ends_bit_identical_to_one_that_was_not(
        TaskOrder order, EmaMode mode, Fidelity fidelity, int ends)
    {
        void Set(TrainingOptions o) => (o.TaskOrder, o.EmaMode, o.Fidelity, o.CheckpointSteps) = (order, mode, fidelity, 2);
        var whole = await TrainAsync($"whole-{order}-{mode}", Set);
        var run = phantom.Run($"killed-{order}-{mode}", o => Set(o), PhantomFixture.Small);
        await Assert.ThrowsAsync<Reaction.KilledException>(() => phantom.TrainAsync(run, Reaction.KillAfterEnds(ends), Cancellation));
        await phantom.TrainAsync(run with { Resume = true }, cancellationToken: Cancellation);
        new RunFiles(run.Directory!).AssertSameAs(whole);
    }

    [Fact]
    public async Task Run_that_is_killed_within_a_pass_goes_on_from_the_last_save_by_steps()
    {
        void Set(TrainingOptions o) => (o.CheckpointSteps, o.BatchSize, o.LogInterval) = (1, 4, 1);
        var whole = await TrainAsync("whole-steps", Set);
        var run = phantom.Run("killed-steps", Set, PhantomFixture.Small);
        var files = new RunFiles(run.Directory!);
        var killed = Reaction.KillAtFirst(p => p is { Phase: TrainingPhase.Training, Dataset: "PhantomView", Step: 3 });
        await Assert.ThrowsAsync<Reaction.KilledException>(() => phantom.TrainAsync(run, killed, Cancellation));
        var position = (PickleDictionary)((PickleDictionary)files.Root()["ark"]!)["position"]!;
        Assert.True((long)position["step"]! > 0);
        await phantom.TrainAsync(run with { Resume = true }, cancellationToken: Cancellation);
        files.AssertSameAs(whole);
    }

    [Theory]
    [InlineData(TrainingPhase.Training, 2)]
    [InlineData(TrainingPhase.Validating, 1)]
    public async Task Run_whose_listener_throws_what_a_cancellation_throws_ends_bit_identical_too(TrainingPhase ended, int time)
    {
        void Set(TrainingOptions o) => (o.EmaMode, o.CheckpointSteps) = (EmaMode.Epoch, 2);
        var whole = await TrainAsync($"whole-listener-{time}", Set);
        var run = phantom.Run($"listener-{time}", Set, PhantomFixture.Small);
        var seen = 0;
        var listener = new Reaction(p =>
        {
            if (p.Phase == ended && (Reaction.IsPassEnd(p) || Reaction.IsEpochEnd(p)) && ++seen == time)
                throw new OperationCanceledException();
        });
        await Assert.ThrowsAsync<OperationCanceledException>(() => phantom.TrainAsync(run, listener, Cancellation));
        await phantom.TrainAsync(run with { Resume = true }, cancellationToken: Cancellation);
        new RunFiles(run.Directory!).AssertSameAs(whole);
    }

    [Fact]
    public void Digest_of_lists_knows_exchanged_files_of_one_name_and_forgets_where_the_folder_lies()
    {
        static string Digest(string root, params string[] names) => ListDigest.Of([.. names.Select(n => (root + n, new float[] { 1 }))]);
        var digest = Digest("/data/chexpert/", "patient1/study1/view1.jpg", "patient2/study1/view1.jpg");
        Assert.Equal(digest, Digest("C:\\chexpert\\", "patient1\\study1\\view1.jpg", "patient2\\study1\\view1.jpg"));
        Assert.NotEqual(digest, Digest("/data/chexpert/", "patient2/study1/view1.jpg", "patient1/study1/view1.jpg"));
        Assert.NotEqual(digest, Digest("/data/chexpert/", "patient1/study1/view1.jpg"));
        Assert.NotEqual(Digest("", "a", "b"), Digest("", "b", "a"));
    }

    [Fact]
    public async Task Run_that_is_killed_before_its_first_state_begins_anew()
    {
        var whole = await TrainAsync("whole-anew", _ => { });
        var run = phantom.Run("killed-anew", null, PhantomFixture.Small);
        // The first report comes at once, whatever the clock: after the first step.
        await Assert.ThrowsAsync<Reaction.KilledException>(() => phantom.TrainAsync(
            run, Reaction.KillAtFirst(p => p.Phase == TrainingPhase.Training && p.Message is null), Cancellation));
        Assert.False(File.Exists(new RunFiles(run.Directory!).Checkpoint()));
        var warnings = new List<string>();
        await phantom.TrainAsync(run with { Resume = true }, new Reaction(p => Keep(p, warnings)), Cancellation);
        Assert.Contains(warnings, w => w.Contains("before its first checkpoint", StringComparison.Ordinal));
        new RunFiles(run.Directory!).AssertSameAs(whole);
    }

    [Fact]
    public async Task Run_whose_last_state_is_damaged_goes_on_from_the_one_before()
    {
        var whole = await TrainAsync("whole-damaged", o => o.MaxCheckpoints = 3);
        var run = phantom.Run("damaged", o => o.MaxCheckpoints = 3, PhantomFixture.Small);
        await phantom.TrainAsync(run, cancellationToken: Cancellation);
        var files = new RunFiles(run.Directory!);
        Assert.True(File.Exists(files.Checkpoint("last-2")));
        Assert.False(File.Exists(files.Checkpoint("last-3")));
        File.WriteAllBytes(files.Checkpoint(), File.ReadAllBytes(files.Checkpoint())[..^5000]);
        var warnings = new List<string>();
        await phantom.TrainAsync(run with { Resume = true }, new Reaction(p => Keep(p, warnings)), Cancellation);
        Assert.Contains(warnings, w => w.Contains("last-1", StringComparison.Ordinal));
        // Saved over the whole one, the damaged one would have been the only state until the next was written.
        Assert.True(File.Exists(files.Checkpoint() + ".damaged"));
        files.AssertSameAs(whole);
    }

    [Fact]
    public async Task Resume_refuses_other_options_and_other_images_than_the_run_began_with()
    {
        var run = phantom.Run("other", o => (o.Epochs, o.CheckpointSteps) = (2, 1), PhantomFixture.Small);
        await Assert.ThrowsAsync<Reaction.KilledException>(() => phantom.TrainAsync(run, Reaction.KillAfterEnds(2), Cancellation));
        var faster = phantom.Run(
            "other", o => (o.Epochs, o.CheckpointSteps, o.LearningRate) = (2, 1, 2 * o.LearningRate), PhantomFixture.Small);
        var refusal = await Assert.ThrowsAsync<ArkInputException>(() => phantom.TrainAsync(
            faster with { Resume = true }, cancellationToken: Cancellation));
        Assert.Contains("option 'lr'", refusal.Message, StringComparison.Ordinal);
        refusal = await Assert.ThrowsAsync<ArkInputException>(() =>
            phantom.TrainAsync(run with
            {
                Resume = true,
                Datasets = [run.Datasets[0], run.Datasets[1] with { Adapter = new Shorter(run.Datasets[1].Adapter) }]
            }, cancellationToken: Cancellation));
        Assert.Contains("dataset 'PhantomView': has other images", refusal.Message, StringComparison.Ordinal);
        await phantom.TrainAsync(run with { Resume = true }, cancellationToken: Cancellation);
    }

    [Fact]
    public async Task Folder_of_a_run_that_could_not_begin_keeps_what_was_in_it_and_can_be_used_again()
    {
        var run = phantom.Run("again", o => o.Epochs = 1, PhantomFixture.Small);
        Directory.CreateDirectory(run.Directory!);
        var foreign = Path.Combine(run.Directory!, "draft.tmp");
        await File.WriteAllTextAsync(foreign, "mine", Cancellation);
        await Assert.ThrowsAsync<ArkInputException>(() => phantom.TrainAsync(
            phantom.Run("again", o => o.Architecture = "swin_minni", PhantomFixture.Small), cancellationToken: Cancellation));
        // Of a run that was killed while it wrote its configuration, which is none to go on with.
        var left = AtomicFile.Aside(Path.Combine(run.Directory!, "config.json"));
        await File.WriteAllTextAsync(left, "half", Cancellation);
        await phantom.TrainAsync(run, cancellationToken: Cancellation);
        Assert.True(File.Exists(foreign));
        Assert.False(File.Exists(left));
    }

    [Fact]
    public async Task Resume_clears_away_half_written_files_and_refuses_a_run_that_is_going_on()
    {
        var run = phantom.Run("left", o => o.Epochs = 1, PhantomFixture.Small);
        ArkInputException? refusal = null;
        await phantom.TrainAsync(run, new Reaction(p =>
        {
            if (Reaction.IsPassEnd(p))
                refusal = Assert.Throws<ArkInputException>(() => RunDirectory.Open(run.Directory!, resume: true));
        }), Cancellation);
        Assert.Contains("in use", refusal!.Message, StringComparison.Ordinal);
        var left = AtomicFile.Aside(new RunFiles(run.Directory!).Checkpoint());
        File.WriteAllText(left, "half");
        RunDirectory.Open(run.Directory!, resume: true).Dispose();
        Assert.False(File.Exists(left));
    }

    [Fact]
    public async Task Accumulated_and_checkpointed_steps_end_where_plain_ones_do()
    {
        void Plain(TrainingOptions o) => (o.Epochs, o.DropPathRate) = (1, 0);
        var plain = await TrainAsync("plain", Plain);
        var parts = await TrainAsync("parts", o =>
        {
            Plain(o);
            (o.GradientAccumulationSteps, o.GradientCheckpointing) = (3, true);
        });
        Assert.All(plain.Metrics().Zip(parts.Metrics()), p => AssertNear(p.First, p.Second));
    }

    private async Task<RunFiles> TrainAsync(string name, Action<TrainingOptions> change)
    {
        var run = phantom.Run(name, change, PhantomFixture.Small);
        await phantom.TrainAsync(run, cancellationToken: Cancellation);
        return new RunFiles(run.Directory!);
    }

    private sealed class Shorter(IDatasetAdapter inner) : IDatasetAdapter
    {
        public LabelSchema Labels => inner.Labels;

        public async ValueTask<IReadOnlyList<ImageSample>> ReadAsync(DatasetSplit split, CancellationToken cancellationToken = default) =>
            [.. (await inner.ReadAsync(split, cancellationToken)).Skip(split == DatasetSplit.Train ? 1 : 0)];
    }

    private static void Keep(TrainingProgress progress, List<string> warnings)
    {
        if (progress is { IsWarning: true, Message: { } message }) warnings.Add(message);
    }

    private static void AssertNear(string one, string other)
    {
        var (a, b) = (System.Text.Json.Nodes.JsonNode.Parse(one)!.AsObject(), System.Text.Json.Nodes.JsonNode.Parse(other)!.AsObject());
        foreach (var key in (string[])["task_loss", "consistency_loss", "total_loss", "loss"])
        {
            if (a[key] is { } value) Assert.Equal((double)value, (double)b[key]!, 1e-4 * Math.Max(1, (double)value));
        }
    }
}
