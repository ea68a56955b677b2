using System.Text.Json.Nodes;

namespace Ark.Evaluation;

/// <summary>What the probe of one kind of features came to.</summary>
/// <param name="Name">The features.</param>
/// <param name="Width">Numbers of an image.</param>
/// <param name="Penalty">The L2 penalty that validation chose.</param>
/// <param name="Evaluation">The figures on test, with intervals where they were asked for, and the predictions that they are of.</param>
/// <param name="Curve">The figures with fewer training images; empty where none were asked for.</param>
public sealed record ProbedFeatures(string Name, int Width, double Penalty, DatasetEvaluation Evaluation, IReadOnlyList<FewShotPoint> Curve)
{
    /// <summary>
    /// The coefficients on features as they come: for each label as many as <see cref="Width"/>, in the order of the dataset's labels.
    /// </summary>
    public required IReadOnlyList<IReadOnlyList<float>> Coefficients { get; init; }

    /// <summary>The intercept of each label.</summary>
    public required IReadOnlyList<float> Intercepts { get; init; }

    /// <summary>
    /// The first features of the probe compared with these, on the same test images; <see langword="null"/> for the first themselves.
    /// </summary>
    public ModelComparison? Comparison { get; init; }

    /// <summary>The figures for machines, as <c>ark probe --json</c> writes them.</summary>
    /// <returns>A new object with <c>features, width, penalty, test, shots</c>.</returns>
    public JsonObject ToJson() => new()
    {
        ["features"] = Name,
        ["width"] = Width,
        ["penalty"] = Penalty,
        ["test"] = Evaluation.ToJson(),
        ["shots"] = new JsonArray([.. Curve.Select(p => p.ToJson())]),
    };
}
