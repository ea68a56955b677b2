namespace Ark.Data;

/// <summary>
/// The weights of one pass of Pillow's resampler: for every output position the first input position, how many there are, and their weights
/// as 22-bit fixed-point numbers.
/// </summary>
internal sealed class PilKernel
{
    /// <summary>32 bits, less 8 of the sample and 2 of head-room for cubic overshoot.</summary>
    public const int Precision = 32 - 8 - 2;

    private readonly int[] _first;
    private readonly int[] _count;
    private readonly int[] _weights;

    public PilKernel(int inputSize, int outputSize, PilFilter filter)
    {
        var scale = (double)inputSize / outputSize;
        var stretch = Math.Max(scale, 1);
        var support = (filter == PilFilter.Bicubic ? 2.0 : 1.0) * stretch;
        Taps = ((int)Math.Ceiling(support) * 2) + 1;
        _first = new int[outputSize];
        _count = new int[outputSize];
        _weights = new int[outputSize * Taps];
        Span<double> exact = Taps <= 256 ? stackalloc double[Taps] : new double[Taps];
        for (var i = 0; i < outputSize; i++)
        {
            var center = (i + 0.5) * scale;
            var first = Math.Max((int)(center - support + 0.5), 0);
            var count = Math.Min((int)(center + support + 0.5), inputSize) - first;
            var sum = 0.0;
            for (var k = 0; k < count; k++)
            {
                exact[k] = Evaluate(filter, (k + first - center + 0.5) * (1.0 / stretch));
                sum += exact[k];
            }

            for (var k = 0; k < count; k++)
            {
                var weight = (sum != 0 ? exact[k] / sum : exact[k]) * (1 << Precision);
                _weights[(i * Taps) + k] = (int)(weight < 0 ? weight - 0.5 : weight + 0.5);
            }

            _first[i] = first;
            _count[i] = count;
        }
    }

    /// <summary>The most weights that an output position can have.</summary>
    public int Taps { get; }

    /// <summary>The weights of output position <paramref name="i"/>, and the input position of the first of them.</summary>
    public ReadOnlySpan<int> Weights(int i, out int first)
    {
        first = _first[i];
        return _weights.AsSpan(i * Taps, _count[i]);
    }

    private static double Evaluate(PilFilter filter, double x)
    {
        x = Math.Abs(x);
        if (filter == PilFilter.Bilinear) return x < 1 ? 1 - x : 0;
        const double a = -0.5;
        if (x < 1) return ((((a + 2) * x) - (a + 3)) * x * x) + 1;
        return x < 2 ? ((((x - 5) * x) + 8) * x - 4) * a : 0;
    }
}
