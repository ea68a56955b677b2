using Ark.Inference;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace Ark.Tests.Inference;

/// <summary>How a host of several models starts.</summary>
public class ModelStarterTests(SmallModel small) : IClassFixture<SmallModel>
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_file_that_cannot_be_used_ends_the_start_and_names_model_section_key_and_file()
    {
        using var host = Host(
            ("Ark:Models:good:Checkpoint", small.Checkpoint),
            ("Ark:Models:good:Loading", "AtStart"),
            ("Ark:Models:bad:Checkpoint", "nowhere.pth"),
            ("Ark:Models:bad:Loading", "AtStart"));
        var refused = await Assert.ThrowsAsync<ArkInputException>(() => host.StartAsync(Token));
        Assert.StartsWith(
            "model 'bad' (section Ark:Models:bad), key 'Checkpoint', nowhere.pth: ", refused.Message, StringComparison.Ordinal);
        using var calibrated = Host(
            ("Ark:Models:good:Checkpoint", small.Checkpoint),
            ("Ark:Models:bad:Checkpoint", small.Checkpoint),
            ("Ark:Models:bad:Loading", "AtStart"),
            ("Ark:Models:bad:Calibration", "nowhere.json"));
        refused = await Assert.ThrowsAsync<ArkInputException>(() => calibrated.StartAsync(Token));
        Assert.StartsWith(
            "model 'bad' (section Ark:Models:bad), key 'Calibration', nowhere.json: ", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_model_is_ready_when_the_host_has_started_and_one_that_waits_to_be_asked_is_not_waited_for()
    {
        using var host = Host(
            ("Ark:Models:good:Checkpoint", small.Checkpoint),
            ("Ark:Models:good:Loading", "AtStart"),
            ("Ark:Models:bad:Checkpoint", "nowhere.pth"));
        var health = host.Services.GetRequiredService<ArkModelHealthCheck>();
        var before = await health.CheckHealthAsync(new HealthCheckContext(), Token);
        Assert.Equal(
            (HealthStatus.Unhealthy, "model 'good' (section Ark:Models:good) is being loaded"), (before.Status, before.Description));
        await host.StartAsync(Token);
        Assert.True(health.IsReady);
        Assert.Equal(HealthStatus.Healthy, (await health.CheckHealthAsync(new HealthCheckContext(), Token)).Status);
        await host.StopAsync(Token);
    }

    [Theory]
    [InlineData(
        "Ark:Models:bad:Chekpoint", "x", "model 'bad' (section Ark:Models:bad): there is no key 'Chekpoint'. Did you mean 'Checkpoint'?")]
    [InlineData("Ark:Models:bad:MaxBatchSize", "0", "model 'bad' (section Ark:Models:bad), key 'MaxBatchSize': ")]
    [InlineData("Ark:Models:bad:MaxBatchSize", "many", "Ark:Models:bad:MaxBatchSize")]
    [InlineData("Ark:Devise", "cpu", "section Ark: there is no key 'Devise'. Did you mean 'Device'?")]
    [InlineData("Ark:Model:good:Checkpoint", "x", "section Ark: there is no key 'Model'. Did you mean 'Models'?")]
    [InlineData("Ark:MaxDecodingBytes", "5", "MaxDecodingBytes")]
    public async Task A_key_or_value_that_cannot_be_used_ends_the_start_and_is_named(string key, string value, string message)
    {
        using var host = Host(
            ("Ark:Models:good:Checkpoint", small.Checkpoint), ("Ark:Models:bad:Checkpoint", small.Checkpoint), (key, value));
        Assert.Contains(
            message,
            (await Assert.ThrowsAsync<OptionsValidationException>(() => host.StartAsync(Token))).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task Sections_that_the_host_names_for_itself_are_left_alone()
    {
        using var host = Host(
            ("Ark:Models:good:Checkpoint", small.Checkpoint),
            ("Ark:Models:bad:Checkpoint", small.Checkpoint),
            ("Ark:Worklist:Address", "x"));
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
