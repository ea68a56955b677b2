using Ark.Inference;

namespace Ark.Evaluation;

/// <summary>The figures of one structure, image by image.</summary>
/// <param name="name">The structure.</param>
internal sealed class StructureScores(string name)
{
    /// <summary>Figures of an image that are averaged: Dice, IoU, distance in pixels, in mm.</summary>
    public const int Count = 4;

    private static readonly string[] Names =
    [
        StructureEvaluation.DiceName, StructureEvaluation.IoUName, StructureEvaluation.PixelsName, StructureEvaluation.MillimetersName
    ];

    private readonly List<double>[] _figures = [[], [], [], []];
    private long _overlap;
    private long _sum;

    private int Images => _figures[0].Count;

    /// <summary>Compares the masks of the next image.</summary>
    /// <param name="predicted">What was found.</param>
    /// <param name="truth">What is there.</param>
    /// <param name="spacing">The size of a pixel in mm, where it is known.</param>
    /// <param name="ignored">Pixels that are left out; an image of which all are has no figure. <see langword="null"/> for none.</param>
    public void Add(Mask predicted, Mask truth, double? spacing, bool[]? ignored = null)
    {
        if (ignored is not null)
        {
            if (!ignored.Contains(false))
            {
                foreach (var figure in _figures) figure.Add(double.NaN);
                return;
            }

            (predicted, truth) = (predicted.Without(ignored), truth.Without(ignored));
        }

        var overlap = MaskOverlap.Of(predicted, truth, ignored: ignored);
        _figures[0].Add(overlap.Dice);
        _figures[1].Add(overlap.IoU);
        _figures[2].Add(overlap.Hausdorff95 ?? double.NaN);
        _figures[3].Add((overlap.Hausdorff95 * spacing) ?? double.NaN);
        for (var i = 0; i < truth.Pixels.Length; i++)
        {
            if (predicted.Pixels[i] && truth.Pixels[i]) _overlap++;
            if (predicted.Pixels[i]) _sum++;
            if (truth.Pixels[i]) _sum++;
        }
    }

    /// <summary>The means over images of given weights; NaN where no image has the figure.</summary>
    public void Means(ReadOnlySpan<int> weights, Span<double> means)
    {
        for (var f = 0; f < Count; f++)
        {
            var (sum, count) = (0.0, 0L);
            for (var i = 0; i < Images; i++)
            {
                if (weights[i] == 0 || double.IsNaN(_figures[f][i])) continue;
                sum += weights[i] * _figures[f][i];
                count += weights[i];
            }

            means[f] = count == 0 ? double.NaN : sum / count;
        }
    }

    /// <summary>The structure's figures.</summary>
    /// <param name="replicates">Those of every replicate; empty for no intervals.</param>
    /// <param name="first">Where in them this structure's begin.</param>
    public StructureEvaluation Evaluate(double[][] replicates, int first)
    {
        var means = new double[Count];
        var weights = new int[Images];
        Array.Fill(weights, 1);
        Means(weights, means);
        var intervals = new Dictionary<string, ConfidenceInterval>(StringComparer.Ordinal);
        for (var f = 0; f < Count && replicates.Length > 0; f++)
        {
            if (Bootstrap.Interval(replicates, first + f) is { } interval) intervals[Names[f]] = interval;
        }

        return new StructureEvaluation
        {
            Name = name,
            Dice = means[0],
            DiceOfAll = _sum > 0 ? 2.0 * _overlap / _sum : double.IsNaN(means[0]) ? double.NaN : 1,
            IoU = means[1],
            Hausdorff95 = Defined(means[2]),
            Hausdorff95Millimeters = Defined(means[3]),
            Undefined = _figures[2].Count(double.IsNaN) - _figures[0].Count(double.IsNaN),
            Intervals = intervals,
        };
    }

    private static double? Defined(double value) => double.IsNaN(value) ? null : value;
}
