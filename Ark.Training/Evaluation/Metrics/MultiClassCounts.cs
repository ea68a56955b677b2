namespace Ark.Evaluation;

/// <summary>
/// The figures over all classes of a set whose classes exclude each other: the class of the highest probability against the true one.
/// </summary>
internal sealed class MultiClassCounts
{
    private readonly int _classes;

    // Image, true class and predicted class, of images whose class is known.
    private readonly (int Image, int Truth, int Called)[] _calls;

    /// <summary>Reads one-hot targets.</summary>
    /// <param name="images">Which images to take.</param>
    /// <param name="classes">How many classes there are.</param>
    /// <param name="target">The target of an image and a class; where an image's are all missing or 0 it is left out.</param>
    /// <param name="called">The class that an image is called.</param>
    public MultiClassCounts(ReadOnlySpan<int> images, int classes, Func<int, int, float> target, Func<int, int> called)
    {
        _classes = classes;
        var calls = new List<(int, int, int)>(images.Length);
        foreach (var image in images)
        {
            for (var k = 0; k < classes; k++)
            {
                if (target(image, k) != 1) continue;
                calls.Add((image, k, called(image)));
                break;
            }
        }

        _calls = [.. calls];
    }

    /// <summary>
    /// Accuracy, Matthews' correlation and the mean F1 of the classes that occur or are called; NaN where nothing is known.
    /// </summary>
    /// <param name="weights">How often each image counts; empty for once each.</param>
    /// <returns>The three figures; the correlation is 0 where truth or calls are all the same, as in scikit-learn.</returns>
    public (double Accuracy, double Mcc, double F1) Compute(ReadOnlySpan<int> weights)
    {
        // A set may have any number of classes, and the stack has no room for any number.
        var (truth, call, right) = (new long[_classes], new long[_classes], new long[_classes]);
        foreach (var (image, t, c) in _calls)
        {
            var weight = weights.IsEmpty ? 1 : weights[image];
            truth[t] += weight;
            call[c] += weight;
            if (t == c) right[t] += weight;
        }

        double all = 0, correct = 0, products = 0, truthSquares = 0, callSquares = 0, f1 = 0;
        var seen = 0;
        for (var k = 0; k < _classes; k++)
        {
            all += truth[k];
            correct += right[k];
            products += (double)truth[k] * call[k];
            truthSquares += (double)truth[k] * truth[k];
            callSquares += (double)call[k] * call[k];
            if (truth[k] + call[k] == 0) continue;
            f1 += 2.0 * right[k] / (truth[k] + call[k]);
            seen++;
        }

        if (all == 0) return (double.NaN, double.NaN, double.NaN);
        var scale = Math.Sqrt((all * all) - callSquares) * Math.Sqrt((all * all) - truthSquares);
        return (correct / all, scale == 0 ? 0 : ((correct * all) - products) / scale, f1 / seen);
    }
}
