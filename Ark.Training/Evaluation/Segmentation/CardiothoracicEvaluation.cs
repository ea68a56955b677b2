using System.Text.Json.Nodes;

namespace Ark.Evaluation;

/// <summary>The cardiothoracic ratios of the images of a split: the greatest width of the heart over that of both lungs together.</summary>
public sealed record CardiothoracicEvaluation
{
    /// <summary>Images in which the network finds heart and lungs.</summary>
    public required int Images { get; init; }

    /// <summary>Mean of the ratios that were found.</summary>
    public required double Found { get; init; }

    /// <summary>Those of these images whose own masks have heart and lungs too, and leave no pixel of them out.</summary>
    public required int Compared { get; init; }

    /// <summary>Mean of the ratios of these masks; <see langword="null"/> where none were compared.</summary>
    public required double? Truth { get; init; }

    /// <summary>Mean of the absolute difference of the two ratios of an image; <see langword="null"/> where none were compared.</summary>
    public required double? Difference { get; init; }

    /// <summary>Means of the ratios of images.</summary>
    /// <param name="ratios">The two of each image.</param>
    /// <returns><see langword="null"/> where none was found.</returns>
    internal static CardiothoracicEvaluation? Of(IReadOnlyList<(double? Found, double? Truth)> ratios)
    {
        double[] found = [.. ratios.Select(r => r.Found).OfType<double>()];
        if (found.Length == 0) return null;
        (double Found, double Truth)[] both =
            [.. ratios.Where(r => r is { Found: not null, Truth: not null }).Select(r => (r.Found!.Value, r.Truth!.Value))];
        return new CardiothoracicEvaluation
        {
            Images = found.Length,
            Found = found.Average(),
            Compared = both.Length,
            Truth = both.Length == 0 ? null : both.Average(r => r.Truth),
            Difference = both.Length == 0 ? null : both.Average(r => Math.Abs(r.Found - r.Truth)),
        };
    }

    internal JsonObject ToJson() => new()
    {
        ["images"] = Images,
        ["found"] = Found,
        ["compared"] = Compared,
        ["truth"] = JsonScalar.Number(Truth),
        ["mean_absolute_difference"] = JsonScalar.Number(Difference),
    };
}
