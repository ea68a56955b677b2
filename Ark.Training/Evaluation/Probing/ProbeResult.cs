using System.Text.Json.Nodes;

namespace Ark.Evaluation;

/// <summary>What a probe of one source came to.</summary>
/// <param name="Name">The source.</param>
/// <param name="Width">Numbers of an image.</param>
/// <param name="Penalty">The L2 penalty that validation chose.</param>
/// <param name="Evaluation">The figures on test, with intervals.</param>
/// <param name="Predictions">What it says of the test images.</param>
/// <param name="Curve">Figures with fewer images.</param>
internal sealed record ProbeResult(string Name, int Width, double Penalty, DatasetEvaluation Evaluation, Predictions Predictions, IReadOnlyList<FewShotPoint> Curve)
{
    public JsonObject ToJson() => new()
    {
        ["features"] = Name,
        ["width"] = Width,
        ["penalty"] = Penalty,
        ["test"] = Evaluation.ToJson(),
        ["shots"] = new JsonArray([.. Curve.Select(p => p.ToJson())]),
    };
}
