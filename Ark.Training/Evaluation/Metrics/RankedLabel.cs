namespace Ark.Evaluation;

/// <summary>
/// One label's images in the order of their scores, sorted once: every figure is then a single walk, also when images count several times
/// or not at all, as they do in a bootstrap replicate.
/// </summary>
internal sealed class RankedLabel
{
    private const int EndsGroup = 1;
    private const int IsPositive = 2;
    private const int IsCalled = 4;
    private const int IndexShift = 3;

    // Highest score first: the image's index above three flags. The last of several equal scores ends their group.
    private readonly int[] _walk;

    /// <summary>Sorts the images of a label.</summary>
    /// <param name="images">Which images to take, as indices.</param>
    /// <param name="target">The target of an image: 1 positive, 0 negative, NaN missing (left out).</param>
    /// <param name="score">The score of an image; finite.</param>
    /// <param name="called">Whether an image is called positive.</param>
    /// <exception cref="ArgumentException">A target is neither 0, 1 nor NaN, or a score is not finite.</exception>
    public RankedLabel(ReadOnlySpan<int> images, Func<int, float> target, Func<int, float> score, Func<int, bool> called)
    {
        var scores = new float[images.Length];
        _walk = new int[images.Length];
        var count = 0;
        foreach (var image in images)
        {
            var truth = target(image);
            if (float.IsNaN(truth)) continue;
            if (truth is not (0 or 1))
                throw new ArgumentException($"The target of image {image} is {truth}: a figure needs 0 or 1.", nameof(target));
            var value = score(image);
            if (!float.IsFinite(value))
                throw new ArgumentException($"The score of image {image} is {value}: a figure needs finite scores.", nameof(score));
            // Negated, so that sorting puts the highest first; + 0 makes one zero of two.
            scores[count] = -value + 0f;
            _walk[count++] = (image << IndexShift) | (truth == 1 ? IsPositive : 0) | (called(image) ? IsCalled : 0);
        }

        Array.Resize(ref scores, count);
        Array.Resize(ref _walk, count);
        Array.Sort(scores, _walk);
        for (var i = 0; i < count; i++)
        {
            if (i == count - 1 || scores[i] != scores[i + 1]) _walk[i] |= EndsGroup;
        }
    }

    /// <summary>Computes the figures.</summary>
    /// <param name="weights">How often each image counts; empty for once each.</param>
    /// <returns>The figures.</returns>
    public LabelFigures Compute(ReadOnlySpan<int> weights)
    {
        long positives = 0, negatives = 0, groupPositives = 0, groupNegatives = 0, calledPositives = 0, calledNegatives = 0;
        // Doubled counts keep the halves of ties in integers, so that the area does not depend on the order of equal scores.
        long doubledWins = 0;
        double precision = 0;
        foreach (var step in _walk)
        {
            var weight = weights.IsEmpty ? 1 : weights[step >> IndexShift];
            if ((step & IsPositive) != 0)
            {
                groupPositives += weight;
                if ((step & IsCalled) != 0) calledPositives += weight;
            }
            else
            {
                groupNegatives += weight;
                if ((step & IsCalled) != 0) calledNegatives += weight;
            }

            if ((step & EndsGroup) == 0) continue;
            doubledWins += groupNegatives * ((2 * positives) + groupPositives);
            positives += groupPositives;
            negatives += groupNegatives;
            if (groupPositives > 0) precision += groupPositives * (positives / (double)(positives + negatives));
            groupPositives = groupNegatives = 0;
        }

        return new LabelFigures(doubledWins / (2.0 * positives * negatives), precision / positives,
            new ConfusionCounts(calledPositives, calledNegatives, negatives - calledNegatives, positives - calledPositives));
    }
}
