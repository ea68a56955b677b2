using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Ark.Inference;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;

namespace Ark.Tests.Inference;

/// <summary>What a host of several models hears about them.</summary>
public class ServingTelemetryTests(SmallModel small) : IClassFixture<SmallModel>
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_host_hears_images_by_outcome_batches_and_waits_of_each_model()
    {
        await using var host = new ServiceCollection()
            .AddMetrics()
            .AddArk()
            .AddModel("one", o => o.Checkpoint = small.Checkpoint)
            .AddModel("two", o => o.Checkpoint = small.Checkpoint).Services
            .BuildServiceProvider();
        var factory = host.GetRequiredService<IMeterFactory>();
        var heard = new ConcurrentBag<(string Name, string? Unit, double Value, string Tags)>();
        using var meters = new MeterListener
        {
            InstrumentPublished = (instrument, listener) =>
            {
                if (instrument.Meter.Name == ArkDiagnostics.MeterName && instrument.Meter.Scope == factory)
                    listener.EnableMeasurementEvents(instrument);
            },
        };
        void Take(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags) =>
            heard.Add((instrument.Name, instrument.Unit, value, string.Join(' ', tags.ToArray().Select(t => $"{t.Key}={t.Value}"))));
        meters.SetMeasurementEventCallback<double>((instrument, value, tags, _) => Take(instrument, value, tags));
        meters.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Take(instrument, value, tags));
        meters.SetMeasurementEventCallback<int>((instrument, value, tags, _) => Take(instrument, value, tags));
        meters.Start();

        var (one, two) = (host.GetRequiredKeyedService<IArkClassifier>("one"), host.GetRequiredKeyedService<IArkClassifier>("two"));
        for (var i = 0; i < 3; i++) await one.ClassifyAsync(SmallModel.Content(i), Token);
        await two.ClassifyAsync(SmallModel.Content(1), Token);
        await Assert.ThrowsAsync<ArkInputException>(() => two.ClassifyAsync(new DataContent("none"u8.ToArray(), "image/png"), Token));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => two.ClassifyAsync(
            SmallModel.Content(1), new CancellationToken(canceled: true)));

        double Sum(string name, string tags) => heard.Where(m => m.Name == name && m.Tags == tags).Sum(m => m.Value);
        Assert.Equal(3, Sum("ark.serving.images", "ark.model=one ark.outcome=answered"));
        Assert.Equal(1, Sum("ark.serving.images", "ark.model=two ark.outcome=answered"));
        Assert.Equal(1, Sum("ark.serving.images", "ark.model=two ark.outcome=refused"));
        Assert.Equal(1, Sum("ark.serving.images", "ark.model=two ark.outcome=cancelled"));
        Assert.Equal(3, Sum("ark.serving.batch.size", "ark.model=one"));
        Assert.Equal(3, heard.Count(m => m is { Name: "ark.serving.wait.duration", Unit: "s", Tags: "ark.model=one", Value: > 0 }));
        Assert.Equal(3, heard.Count(m =>
            m is { Name: "ark.serving.request.duration", Unit: "s", Tags: "ark.model=one ark.outcome=answered", Value: > 0 }));
        // Up by one and down again, for every image that could be queued.
        Assert.Equal((10, 0), (
            heard.Count(m => m.Name == "ark.serving.queue.length"),
            heard.Where(m => m.Name == "ark.serving.queue.length").Sum(m => m.Value)));
        Assert.Equal(0, heard.Where(m => m.Name == "ark.serving.decoding.bytes").Sum(m => m.Value));
        Assert.Contains(heard, m => m is { Name: "ark.serving.decoding.bytes", Unit: "By", Value: 2 * 40 * 36 });
    }
}
