using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Ark.Inference;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace Ark.Tests.Reuse;

/// <summary>What a host of several models hears and reads about them.</summary>
public class ServingWatchTests(SmallModel small) : IClassFixture<SmallModel>
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_host_hears_images_by_outcome_batches_and_waits_of_each_model()
    {
        await using var host = new ServiceCollection().AddMetrics().AddArk().AddModel("one", o => o.Checkpoint = small.Checkpoint).AddModel("two", o => o.Checkpoint = small.Checkpoint).Services.BuildServiceProvider();
        var factory = host.GetRequiredService<IMeterFactory>();
        var heard = new ConcurrentBag<(string Name, string? Unit, double Value, string Tags)>();
        using var meters = new MeterListener
        {
            InstrumentPublished = (instrument, listener) =>
            {
                if (instrument.Meter.Name == ArkDiagnostics.MeterName && instrument.Meter.Scope == factory) listener.EnableMeasurementEvents(instrument);
            },
        };
        void Take(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags) => heard.Add((instrument.Name, instrument.Unit, value, string.Join(' ', tags.ToArray().Select(t => $"{t.Key}={t.Value}"))));
        meters.SetMeasurementEventCallback<double>((instrument, value, tags, _) => Take(instrument, value, tags));
        meters.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Take(instrument, value, tags));
        meters.SetMeasurementEventCallback<int>((instrument, value, tags, _) => Take(instrument, value, tags));
        meters.Start();

        var (one, two) = (host.GetRequiredKeyedService<IArkClassifier>("one"), host.GetRequiredKeyedService<IArkClassifier>("two"));
        for (var i = 0; i < 3; i++) await one.ClassifyAsync(SmallModel.Content(i), Token);
        await two.ClassifyAsync(SmallModel.Content(1), Token);
        await Assert.ThrowsAsync<ArkInputException>(() => two.ClassifyAsync(new DataContent("none"u8.ToArray(), "image/png"), Token));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => two.ClassifyAsync(SmallModel.Content(1), new CancellationToken(canceled: true)));

        double Sum(string name, string tags) => heard.Where(m => m.Name == name && m.Tags == tags).Sum(m => m.Value);
        Assert.Equal(3, Sum("ark.serving.images", "ark.model=one ark.outcome=answered"));
        Assert.Equal(1, Sum("ark.serving.images", "ark.model=two ark.outcome=answered"));
        Assert.Equal(1, Sum("ark.serving.images", "ark.model=two ark.outcome=refused"));
        Assert.Equal(1, Sum("ark.serving.images", "ark.model=two ark.outcome=cancelled"));
        Assert.Equal(3, Sum("ark.serving.batch.size", "ark.model=one"));
        Assert.Equal(3, heard.Count(m => m is { Name: "ark.serving.wait.duration", Unit: "s", Tags: "ark.model=one", Value: > 0 }));
        Assert.Equal(3, heard.Count(m => m is { Name: "ark.serving.request.duration", Unit: "s", Tags: "ark.model=one ark.outcome=answered", Value: > 0 }));
        // Up by one and down again, for every image that could be queued.
        Assert.Equal((10, 0), (heard.Count(m => m.Name == "ark.serving.queue.length"), heard.Where(m => m.Name == "ark.serving.queue.length").Sum(m => m.Value)));
        Assert.Equal(0, heard.Where(m => m.Name == "ark.serving.decoding.bytes").Sum(m => m.Value));
        Assert.Contains(heard, m => m is { Name: "ark.serving.decoding.bytes", Unit: "By", Value: 2 * 40 * 36 });
    }

    [Fact]
    public async Task A_file_that_cannot_be_used_ends_the_start_and_names_model_section_key_and_file()
    {
        using var host = Host(("Ark:Models:good:Checkpoint", small.Checkpoint), ("Ark:Models:good:Loading", "AtStart"), ("Ark:Models:bad:Checkpoint", "nowhere.pth"), ("Ark:Models:bad:Loading", "AtStart"));
        var refused = await Assert.ThrowsAsync<ArkInputException>(() => host.StartAsync(Token));
        Assert.StartsWith("model 'bad' (section Ark:Models:bad), key 'Checkpoint', nowhere.pth: ", refused.Message, StringComparison.Ordinal);
        using var calibrated = Host(("Ark:Models:good:Checkpoint", small.Checkpoint), ("Ark:Models:bad:Checkpoint", small.Checkpoint), ("Ark:Models:bad:Loading", "AtStart"), ("Ark:Models:bad:Calibration", "nowhere.json"));
        refused = await Assert.ThrowsAsync<ArkInputException>(() => calibrated.StartAsync(Token));
        Assert.StartsWith("model 'bad' (section Ark:Models:bad), key 'Calibration', nowhere.json: ", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_model_is_ready_when_the_host_has_started_and_one_that_waits_to_be_asked_is_not_waited_for()
    {
        using var host = Host(("Ark:Models:good:Checkpoint", small.Checkpoint), ("Ark:Models:good:Loading", "AtStart"), ("Ark:Models:bad:Checkpoint", "nowhere.pth"));
        var health = host.Services.GetRequiredService<ArkModelHealthCheck>();
        var before = await health.CheckHealthAsync(new HealthCheckContext(), Token);
        Assert.Equal((HealthStatus.Unhealthy, "model 'good' (section Ark:Models:good) is being loaded"), (before.Status, before.Description));
        await host.StartAsync(Token);
        Assert.True(health.IsReady);
        Assert.Equal(HealthStatus.Healthy, (await health.CheckHealthAsync(new HealthCheckContext(), Token)).Status);
        await host.StopAsync(Token);
    }

    [Theory]
    [InlineData("Ark:Models:bad:Chekpoint", "x", "model 'bad' (section Ark:Models:bad): there is no key 'Chekpoint'. Did you mean 'Checkpoint'?")]
    [InlineData("Ark:Models:bad:MaxBatchSize", "0", "model 'bad' (section Ark:Models:bad), key 'MaxBatchSize': ")]
    [InlineData("Ark:Models:bad:MaxBatchSize", "many", "Ark:Models:bad:MaxBatchSize")]
    [InlineData("Ark:Devise", "cpu", "section Ark: there is no key 'Devise'. Did you mean 'Device'?")]
    [InlineData("Ark:Model:good:Checkpoint", "x", "section Ark: there is no key 'Model'. Did you mean 'Models'?")]
    [InlineData("Ark:MaxDecodingBytes", "5", "MaxDecodingBytes")]
    public async Task A_key_or_value_that_cannot_be_used_ends_the_start_and_is_named(string key, string value, string message)
    {
        using var host = Host(("Ark:Models:good:Checkpoint", small.Checkpoint), ("Ark:Models:bad:Checkpoint", small.Checkpoint), (key, value));
        Assert.Contains(message, (await Assert.ThrowsAsync<OptionsValidationException>(() => host.StartAsync(Token))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Sections_that_the_host_names_for_itself_are_left_alone()
    {
        using var host = Host(("Ark:Models:good:Checkpoint", small.Checkpoint), ("Ark:Models:bad:Checkpoint", small.Checkpoint), ("Ark:Worklist:Address", "x"));
        await host.StartAsync(Token);
        await host.StopAsync(Token);
    }

    private static IHost Host(params (string Key, string Value)[] settings)
    {
        var builder = new HostApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true });
        foreach (var (key, value) in settings) builder.Configuration[key] = value;
        var ark = builder.Services.AddArk();
        foreach (var name in (string[])["good", "bad"]) ark.AddModel(name, builder.Configuration.GetSection($"Ark:Models:{name}"));
        return builder.Build();
    }
}
