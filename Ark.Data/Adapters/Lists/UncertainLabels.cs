namespace Ark.Data;

/// <summary>
/// What becomes of labels that a dataset calls uncertain. The two smoothing policies (<c>lsr-ones</c>: uniform in 0.55 to 0.85;
/// <c>lsr-zeros</c>: 0 to 0.3) draw once, in reading order, from the dataset's seed, as the published code does from an unseeded generator;
/// and for the training split alone: figures are not measured against drawn labels, so elsewhere such a label is missing.
/// </summary>
internal sealed class UncertainLabels
{
    /// <summary>The policies; the first is the default.</summary>
    public static readonly string[] Policies = ["ignore", "ones", "zeros", "lsr-ones", "lsr-zeros"];

    private readonly float _fixed;
    private readonly (double Low, double High)? _drawn;
    private readonly PythonRandom _random;

    public UncertainLabels(string policy, DatasetSplit split, ulong seed)
    {
        _fixed = policy switch
        {
            "ones" => 1,
            "zeros" => 0,
            _ => float.NaN,
        };
        if (split == DatasetSplit.Train)
        {
            _drawn = policy switch
            {
                "lsr-ones" => (0.55, 0.85),
                "lsr-zeros" => (0, 0.3),
                _ => null,
            };
        }

        _random = new PythonRandom(seed);
    }

    /// <summary>The target of the next uncertain label.</summary>
    public float Next() => _drawn is var (low, high) ? (float)_random.Uniform(low, high) : _fixed;
}
