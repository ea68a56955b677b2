using System.Diagnostics.Metrics;

namespace Ark.Inference;

/// <summary>The meter that all instruments of Ark belong to.</summary>
internal static class ArkMeter
{
    // A host without metrics has no factory; listeners outside of dependency injection still find this one.
    private static readonly Meter Shared = new(ArkDiagnostics.MeterName);

    /// <summary>The host's meter, or the one of hosts without a factory.</summary>
    public static Meter Of(IMeterFactory? meters) => meters?.Create(ArkDiagnostics.MeterName) ?? Shared;
}
