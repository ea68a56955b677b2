using Ark.Inference;

namespace Ark.Evaluation;

/// <summary>What a model says of the images of a split, and what is true: all that scoring needs. Immutable.</summary>
public sealed class Predictions
{
    private readonly float[] _targets;
    private readonly float[] _probabilities;

    /// <summary>Takes targets and probabilities.</summary>
    /// <param name="labels">The labels.</param>
    /// <param name="targets"><c>[N, K]</c>, row by row: 1 present, 0 absent, NaN missing; kept, not copied.</param>
    /// <param name="probabilities"><c>[N, K]</c>, row by row, 0 to 1; kept, not copied.</param>
    /// <param name="names">The name of each image; <see langword="null"/> where there are none.</param>
    /// <param name="patients">The patient of each image, <see langword="null"/> where unknown; <see langword="null"/> for none at
    /// all.</param>
    /// <exception cref="ArgumentException">The lengths do not fit each other.</exception>
    public Predictions(
        LabelSchema labels,
        float[] targets,
        float[] probabilities,
        IReadOnlyList<string>? names = null,
        IReadOnlyList<string?>? patients = null)
    {
        if (targets.Length != probabilities.Length || targets.Length % labels.Count != 0)
            throw new ArgumentException(
                $"{targets.Length} targets and {probabilities.Length} probabilities for {labels.Count} label(s).", nameof(probabilities));
        Count = targets.Length / labels.Count;
        if (names is not null && names.Count != Count)
            throw new ArgumentException($"{names.Count} names for {Count} images.", nameof(names));
        if (patients is not null && patients.Count != Count)
            throw new ArgumentException($"{patients.Count} patients for {Count} images.", nameof(patients));
        Labels = labels;
        Names = names;
        Patients = patients;
        _targets = targets;
        _probabilities = probabilities;
    }

    /// <summary>The labels, in the order of the columns.</summary>
    public LabelSchema Labels { get; }

    /// <summary>How many images there are.</summary>
    public int Count { get; }

    /// <summary>The name of each image, where there are names.</summary>
    public IReadOnlyList<string>? Names { get; }

    /// <summary>The patient of each image, where any is known.</summary>
    public IReadOnlyList<string?>? Patients { get; }

    /// <summary>What is true of an image.</summary>
    /// <param name="image">The image's index.</param>
    /// <param name="label">The label's index.</param>
    /// <returns>1 present, 0 absent, NaN missing.</returns>
    public float Target(int image, int label) => _targets[(image * Labels.Count) + label];

    /// <summary>What the model says of an image.</summary>
    /// <param name="image">The image's index.</param>
    /// <param name="label">The label's index.</param>
    /// <returns>The probability, 0 to 1.</returns>
    public float Probability(int image, int label) => _probabilities[(image * Labels.Count) + label];

    /// <summary>What to call an image: its name, or its number where there are no names.</summary>
    /// <param name="image">The image's index.</param>
    /// <returns>The name.</returns>
    public string NameOf(int image) => Names?[image] ?? image.ToString(System.Globalization.CultureInfo.InvariantCulture);

    /// <summary>Scores the predictions.</summary>
    /// <param name="dataset">The dataset's name.</param>
    /// <param name="split">The split.</param>
    /// <param name="weights">The network that was asked.</param>
    /// <param name="reported">The labels to report; <see langword="null"/> for all.</param>
    /// <param name="scoring">Threshold and intervals; <see langword="null"/> for the defaults.</param>
    /// <param name="cancellationToken">Ends the bootstrap early.</param>
    /// <returns>The figures.</returns>
    /// <exception cref="ArgumentException">A target is neither 0, 1 nor NaN, or a probability is not finite.</exception>
    public DatasetEvaluation Evaluate(
        string dataset, DatasetSplit split, ModelRole weights, IReadOnlyList<string>? reported = null, ScoringOptions? scoring = null,
        CancellationToken cancellationToken = default) =>
        Evaluate(dataset, split, weights, [], reported, scoring, cancellationToken);

    /// <summary>Scores the predictions, by groups of the images too.</summary>
    internal DatasetEvaluation Evaluate(
        string dataset, DatasetSplit split, ModelRole weights, IReadOnlyList<ImageGroups> groups, IReadOnlyList<string>? reported = null,
        ScoringOptions? scoring = null, CancellationToken cancellationToken = default) =>
        new Scoring(this, reported, scoring ?? new ScoringOptions()).Evaluate(dataset, split, weights, groups, cancellationToken);

    /// <summary>
    /// The class of the highest probability of each image; the first of several equal ones, as with numpy's argmax in the original.
    /// </summary>
    internal int[] HighestClasses()
    {
        var classes = new int[Count];
        for (var i = 0; i < Count; i++)
        {
            for (var k = 1; k < Labels.Count; k++)
            {
                if (Probability(i, k) > Probability(i, classes[i])) classes[i] = k;
            }
        }

        return classes;
    }

    /// <summary>One label's targets, image by image.</summary>
    internal float[] Targets(int label) => Column(_targets, label);

    /// <summary>One label's probabilities, image by image.</summary>
    internal float[] Probabilities(int label) => Column(_probabilities, label);

    /// <summary>The same with the names of the images and their patients.</summary>
    internal Predictions Named(IReadOnlyList<string> names, IReadOnlyList<string?> patients) =>
        new(Labels, _targets, _probabilities, names, patients.Any(p => p is not null) ? patients : null);

    /// <summary>The same with images that are told apart by their places alone.</summary>
    internal Predictions Unnamed() => new(Labels, _targets, _probabilities, names: null, Patients);

    /// <summary>
    /// Some of the labels, in their order here; all where <paramref name="labels"/> is <see langword="null"/> or names none of them. One
    /// class of several alone is a label of its own.
    /// </summary>
    internal Predictions Only(IReadOnlyList<string>? labels)
    {
        int[] kept = [.. Enumerable.Range(0, Labels.Count).Where(k => labels is null
            || labels.Contains(Labels.Names[k], StringComparer.Ordinal))];
        if (kept.Length == 0 || kept.Length == Labels.Count) return this;
        float[] Columns(float[] matrix) =>
            [.. Enumerable.Range(0, Count).SelectMany(i => kept.Select(k => matrix[(i * Labels.Count) + k]))];
        return new Predictions(
            new LabelSchema(kept.Length > 1 ? Labels.Task : LabelTask.MultiLabel, [.. kept.Select(k => Labels.Names[k])]),
            Columns(_targets),
            Columns(_probabilities),
            Names,
            Patients);
    }

    /// <summary>Some of the images, in the order given.</summary>
    internal Predictions Pick(IReadOnlyList<int> images) => new(
        Labels,
        [.. images.SelectMany(i => _targets.AsSpan(i * Labels.Count, Labels.Count).ToArray())],
        [.. images.SelectMany(i => _probabilities.AsSpan(i * Labels.Count, Labels.Count).ToArray())],
        Names is null ? null : [.. images.Select(i => Names[i])],
        Patients is null ? null : [.. images.Select(i => Patients[i])]);

    private float[] Column(float[] matrix, int label)
    {
        var column = new float[Count];
        for (var i = 0; i < Count; i++) column[i] = matrix[(i * Labels.Count) + label];
        return column;
    }
}
