using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Ark.Inference;

/// <summary>
/// Whether the models that a host loads by itself are ready: loaded, and run once. A host adds it with
/// <c>services.AddHealthChecks().AddCheck&lt;ArkModelHealthCheck&gt;("models")</c>. Models that are loaded when they are first asked for
/// (<see cref="ModelLoading.WhenAsked"/>) are not waited for. Thread-safe.
/// </summary>
public sealed class ArkModelHealthCheck : IHealthCheck
{
    private readonly ModelStarter _starter;

    internal ArkModelHealthCheck(ModelStarter starter) => _starter = starter;

    /// <summary>Whether all of them are ready.</summary>
    public bool IsReady => _starter.NotReady().Count == 0;

    /// <inheritdoc/>
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        var missing = _starter.NotReady();
        return Task.FromResult(missing.Count == 0
            ? HealthCheckResult.Healthy()
            : new HealthCheckResult(context?.Registration?.FailureStatus ?? HealthStatus.Unhealthy, string.Join("; ", missing)));
    }
}
