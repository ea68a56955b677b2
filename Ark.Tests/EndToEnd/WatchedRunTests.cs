using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using Ark.Inference;
using Ark.Training;
using Microsoft.Extensions.DependencyInjection;
using Tensorboard;

namespace Ark.Tests.EndToEnd;

public class WatchedRunTests(PhantomFixture phantom) : IClassFixture<PhantomFixture>
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_run_that_was_stopped_ends_with_event_files_that_say_what_its_metrics_say()
    {
        var run = phantom.Run("watched", o => (o.PixelBaseline, o.LogInterval) = (false, 1));
        using var stop = new CancellationTokenSource();
        // A pass of the second epoch is in the metrics, and the next has begun.
        var stopper = new Reaction(p =>
        {
            if (p is { Phase: TrainingPhase.Training, Epoch: 2, Dataset: "PhantomTriage", Step: 1 }) stop.Cancel();
        });
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => phantom.TrainAsync(run, stopper, stop.Token));
        Assert.NotEmpty(Scalars("watched"));
        await phantom.TrainAsync(run with { Resume = true }, cancellationToken: Cancellation);
        var expected = RunMetrics.Read(Path.Combine(phantom.Folder, "watched", "metrics.jsonl")).SelectMany(MetricScalars.Of).Select(s => (
            s.Tag, s.Step, (float)s.Value)).ToList();
        Assert.Equal(expected, Scalars("watched"));
        Assert.Equal(expected.Count, expected.DistinctBy(s => (s.Tag, s.Step)).Count());
        Assert.Contains(expected, s => s is { Tag: "mean_auroc/PhantomTriage/teacher", Step: 2 });
    }

    [Fact]
    public async Task A_run_without_tensorboard_writes_no_event_files()
    {
        await phantom.TrainAsync(
            phantom.Run("plain", o => (o.TensorBoard, o.Epochs, o.PixelBaseline) = (false, 1, false)), cancellationToken: Cancellation);
        Assert.False(Directory.Exists(Path.Combine(phantom.Folder, "plain", "tensorboard")));
        Assert.True(File.Exists(Path.Combine(phantom.Folder, "plain", "report.html")));
    }

    [Fact]
    public async Task A_host_hears_steps_images_losses_and_activities()
    {
        await using var services = new ServiceCollection().AddMetrics().AddArk().AddTraining().Services.BuildServiceProvider();
        var factory = services.GetRequiredService<IMeterFactory>();
        var measured = new ConcurrentBag<(string Name, string? Unit, double Value, string? Phase)>();
        using var meters = new MeterListener();
        // Other tests train at the same time: only this host's meter counts.
        meters.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Meter.Name == ArkDiagnostics.MeterName && instrument.Meter.Scope == factory)
                listener.EnableMeasurementEvents(instrument);
        };
        void Take(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
        {
            string? phase = null;
            foreach (var tag in tags) phase = tag.Key == "ark.phase" ? (string?)tag.Value : phase;
            measured.Add((instrument.Name, instrument.Unit, value, phase));
        }

        meters.SetMeasurementEventCallback<double>((instrument, value, tags, _) => Take(instrument, value, tags));
        meters.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Take(instrument, value, tags));
        meters.Start();

        var activities = new ConcurrentBag<Activity>();
        using var root = new Activity("test").Start();
        using var listener = new ActivityListener
        {
            ShouldListenTo = s => s.Name == ArkDiagnostics.ActivitySourceName,
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllData,
            ActivityStopped = activities.Add,
        };
        ActivitySource.AddActivityListener(listener);

        var run = phantom.Run(null, o => (o.Epochs, o.PixelBaseline) = (1, false));
        await services.GetRequiredService<IArkTrainer>().TrainAsync(run, cancellationToken: Cancellation);

        long trained = 0;
        foreach (var dataset in run.Datasets) trained += (await dataset.Adapter.ReadAsync(DatasetSplit.Train, Cancellation)).Count;
        Assert.Equal(trained, measured.Where(m => m is { Name: "ark.data.images", Phase: "training", Unit: "{image}" }).Sum(m => m.Value));
        Assert.Contains(measured, m => m is { Name: "ark.training.step.duration", Unit: "s", Value: > 0 });
        Assert.Equal(8, measured.Count(m => m.Name == "ark.training.loss"));
        Assert.Equal(8, measured.Count(m => m.Name == "ark.evaluation.auroc"));
        var mine = activities.Where(a => a.TraceId == root.TraceId).GroupBy(a => a.OperationName).ToDictionary(g => g.Key, g => g.Count());
        Assert.Equal((1, 4, 4, 8), (mine["ark.train"], mine["ark.pass"], mine["ark.validate"], mine["ark.test"]));
    }

    private List<(string Tag, long Step, float Value)> Scalars(string run)
    {
        using var stream = File.OpenRead(Directory.EnumerateFiles(Path.Combine(phantom.Folder, run, "tensorboard")).Single());
        var scalars = new List<(string, long, float)>();
        while (EventRecords.Read(stream) is { } record)
        {
            var scalar = Event.Parser.ParseFrom(record);
            if (scalar.Summary is { } summary) scalars.Add((summary.Value[0].Tag, scalar.Step, summary.Value[0].SimpleValue));
        }

        Assert.Equal(stream.Length, stream.Position);
        return scalars;
    }
}
