namespace Ark.Inference;

/// <summary>
/// The names under which hosts listen to Ark, for OpenTelemetry's <c>AddMeter</c> and <c>AddSource</c>. Instruments:
/// <c>ark.training.step.duration</c> [s], <c>ark.data.wait.duration</c> [s], <c>ark.data.images</c> {image}, <c>ark.training.loss</c>,
/// <c>ark.evaluation.auroc</c>, and <c>ark.serving.*</c> of models that serve callers; activities: <c>ark.train</c>, <c>ark.pass</c>,
/// <c>ark.validate</c>, <c>ark.test</c>, <c>ark.evaluate</c>. See docs/evaluation.md.
/// </summary>
public static class ArkDiagnostics
{
    /// <summary>The name of the meter.</summary>
    public const string MeterName = "Ark";

    /// <summary>The name of the activity source.</summary>
    public const string ActivitySourceName = "Ark";
}
