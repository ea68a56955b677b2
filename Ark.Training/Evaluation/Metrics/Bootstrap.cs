namespace Ark.Evaluation;

/// <summary>
/// Draws replicates of a test set with replacement: whole patients where they are known, because images of one patient are not independent,
/// else images. A replicate's draws are named by seed and number, so the result does not depend on the number of threads.
/// </summary>
internal sealed class Bootstrap
{
    private readonly int[] _unitOf;
    private readonly int _units;

    /// <summary>Groups images by patient.</summary>
    /// <param name="images">How many images there are.</param>
    /// <param name="patients">The patient of each image, <see langword="null"/> where unknown, which makes the image a unit of its own;
    /// <see langword="null"/> for no patients at all.</param>
    public Bootstrap(int images, IReadOnlyList<string?>? patients)
    {
        _unitOf = new int[images];
        var known = new Dictionary<string, int>(StringComparer.Ordinal);
        for (var i = 0; i < images; i++)
        {
            if (patients?[i] is not { } patient)
            {
                _unitOf[i] = _units++;
                continue;
            }

            if (!known.TryGetValue(patient, out var unit)) known.Add(patient, unit = _units++);
            _unitOf[i] = unit;
        }

        ByPatient = known.Count > 0;
    }

    public bool ByPatient { get; }

    public int Units => _units;

    /// <summary>Computes figures of every replicate.</summary>
    /// <param name="replicates">How many.</param>
    /// <param name="seed">What the draws come from.</param>
    /// <param name="figures">How many figures <paramref name="compute"/> writes.</param>
    /// <param name="compute">Writes the figures for given weights of the images; called from several threads.</param>
    /// <param name="cancellationToken">Ends early.</param>
    /// <returns>The figures, replicate by replicate.</returns>
    public double[][] Run(
        int replicates, ulong seed, int figures, Action<int[], Span<double>> compute, CancellationToken cancellationToken = default)
    {
        var results = new double[replicates][];
        Parallel.For(0, replicates, new ParallelOptions
        {
            CancellationToken = cancellationToken,
        }, () => (Draws: new int[_units], Weights: new int[_unitOf.Length]), (replicate, _, buffers) =>
        {
            var random = new RandomStream(seed, RandomStreams.Bootstrap, (ulong)replicate);
            Array.Clear(buffers.Draws);
            for (var i = 0; i < _units; i++) buffers.Draws[random.NextInt32(_units)]++;
            for (var i = 0; i < _unitOf.Length; i++) buffers.Weights[i] = buffers.Draws[_unitOf[i]];
            compute(buffers.Weights, results[replicate] = new double[figures]);
            return buffers;
        }, _ => { });
        return results;
    }

    /// <summary>The 95 % percentile interval of one figure, with numpy's linear interpolation.</summary>
    /// <param name="replicates">The figures of every replicate.</param>
    /// <param name="figure">Which one.</param>
    /// <returns>The interval; <see langword="null"/> where the figure is undefined in more than half of the replicates.</returns>
    public static ConfidenceInterval? Interval(double[][] replicates, int figure)
    {
        var values = new List<double>(replicates.Length);
        foreach (var replicate in replicates)
        {
            if (double.IsFinite(replicate[figure])) values.Add(replicate[figure]);
        }

        if (values.Count == 0 || values.Count * 2 < replicates.Length) return null;
        values.Sort();
        return new ConfidenceInterval(Quantile(values, 0.025), Quantile(values, 0.975));
    }

    private static double Quantile(List<double> sorted, double share)
    {
        var position = share * (sorted.Count - 1);
        var below = (int)position;
        var above = Math.Min(below + 1, sorted.Count - 1);
        return sorted[below] + ((position - below) * (sorted[above] - sorted[below]));
    }
}
