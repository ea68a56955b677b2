namespace Ark.Evaluation;

/// <summary>
/// Minimises a smooth function by L-BFGS with backtracking (Nocedal and Wright, Numerical Optimization, algorithms 7.4 and 3.1). libtorch's
/// own is not used: it calls back from native code, where an exception, and so a cancellation, ends the process.
/// </summary>
internal static class Lbfgs
{
    private const int History = 10;
    private const double SufficientDecrease = 1e-4;

    /// <summary>Evaluates the function.</summary>
    /// <param name="point">Where.</param>
    /// <param name="gradient">Receives the gradient there.</param>
    /// <returns>The value there.</returns>
    public delegate double Function(double[] point, double[] gradient);

    /// <summary>Moves a point to a minimum.</summary>
    /// <param name="function">The function.</param>
    /// <param name="point">The start; receives the end.</param>
    /// <param name="iterations">At most so many steps.</param>
    /// <param name="tolerance">Ends where no element of the gradient is larger.</param>
    public static void Minimise(Function function, double[] point, int iterations, double tolerance)
    {
        var gradient = new double[point.Length];
        var value = function(point, gradient);
        var history = new LinkedList<(double[] Step, double[] Change, double Curvature)>();
        for (var i = 0; i < iterations && gradient.Max(Math.Abs) > tolerance; i++)
        {
            var direction = Direction(gradient, history);
            var slope = Dot(gradient, direction);
            var length = history.Count == 0 ? Math.Min(1, 1 / gradient.Sum(Math.Abs)) : 1.0;
            if (Search(function, point, value, direction, slope, length) is not { } next) return;

            var step = Combine(next.Point, point, -1);
            var change = Combine(next.Gradient, gradient, -1);
            var curvature = Dot(step, change);
            // Without positive curvature the model of the function would stop being convex.
            if (curvature > 1e-12) history.AddLast((step, change, curvature));
            if (history.Count > History) history.RemoveFirst();
            next.Point.CopyTo(point, 0);
            (value, gradient) = (next.Value, next.Gradient);
        }
    }

    // Halves the step until the value falls enough; null where rounding leaves nothing to gain.
    private static (double[] Point, double Value, double[] Gradient)? Search(
        Function function, double[] point, double value, double[] direction, double slope, double length)
    {
        for (var attempt = 0; attempt < 30; attempt++, length /= 2)
        {
            var candidate = Combine(point, direction, length);
            var gradient = new double[point.Length];
            var reached = function(candidate, gradient);
            if (reached <= value + (SufficientDecrease * length * slope)) return (candidate, reached, gradient);
        }

        return null;
    }

    private static double[] Direction(double[] gradient, LinkedList<(double[] Step, double[] Change, double Curvature)> history)
    {
        var result = gradient.Select(g => -g).ToArray();
        var weights = new Stack<double>();
        for (var node = history.Last; node is not null; node = node.Previous)
        {
            var (step, change, curvature) = node.Value;
            weights.Push(Dot(step, result) / curvature);
            Add(result, change, -weights.Peek());
        }

        if (history.Last is { } last)
        {
            var scale = last.Value.Curvature / Dot(last.Value.Change, last.Value.Change);
            for (var i = 0; i < result.Length; i++) result[i] *= scale;
        }

        foreach (var (step, change, curvature) in history) Add(result, step, weights.Pop() - (Dot(change, result) / curvature));
        return result;
    }

    private static double[] Combine(double[] a, double[] b, double factor)
    {
        var result = (double[])a.Clone();
        Add(result, b, factor);
        return result;
    }

    private static void Add(double[] target, double[] other, double factor)
    {
        for (var i = 0; i < target.Length; i++) target[i] += factor * other[i];
    }

    private static double Dot(double[] a, double[] b)
    {
        var sum = 0.0;
        for (var i = 0; i < a.Length; i++) sum += a[i] * b[i];
        return sum;
    }
}
