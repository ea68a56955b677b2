using Ark.Data;
using Ark.Inference;

namespace Ark.Evaluation;

/// <summary>
/// Reads a split through all heads of a model: each label is answered by the heads that were trained on the same finding, under whatever
/// name. Labels that no head was trained on have no answer.
/// </summary>
internal sealed class HeadsReader
{
    private readonly ModelRunner _runner;
    private readonly FindingReader _findings;
    private readonly HeadCombination _combination;
    private readonly IReadOnlyList<string> _names;
    private readonly int[] _known;

    /// <param name="model">The model; borrowed.</param>
    /// <param name="labels">The dataset's labels.</param>
    /// <param name="reported">Those that are reported; <see langword="null"/> for all.</param>
    /// <param name="options">The arithmetic, and how heads are combined.</param>
    /// <exception cref="ArkInputException">No head knows any of the labels.</exception>
    public HeadsReader(LoadedModel model, LabelSchema labels, IReadOnlyList<string>? reported, EvaluationOptions options)
    {
        _runner = new ModelRunner(model, options.Precision);
        _combination = options.AcrossHeads!.Value;
        _findings = new FindingReader(_runner.Heads, _combination);
        _names = labels.Names;
        _known = [.. Enumerable.Range(0, _names.Count).Where(k => _findings.PlacesOf(_names[k]).Count > 0)];
        if (!_known.Any(k => reported is null || reported.Contains(_names[k], StringComparer.Ordinal)))
            _findings.RequirePlacesOf(reported is { Count: > 0 } ? reported[0] : _names[0]);
    }

    /// <summary>Reads samples.</summary>
    /// <param name="batches">Their views, in order.</param>
    /// <param name="samples">The samples that the indices of batches are of.</param>
    /// <param name="afterBatch">Is told how many images each batch had.</param>
    /// <param name="read">Receives the index of each image that was read.</param>
    /// <returns>The answers for the labels that are known.</returns>
    public Predictions Read(IEnumerable<Batch> batches, IReadOnlyList<ImageSample> samples, Action<int> afterBatch, List<int> read)
    {
        var places = _known.Select(k => _findings.PlacesOf(_names[k])).ToArray();
        var activation = new HeadActivation(_runner.Heads, calibration: null);
        var (targets, probabilities) = (new List<float>(), new List<float>());
        foreach (var rows in DatasetReader.Read(batches, batch => _runner.Logits(batch.Images, batch.Count * batch.Views)))
        {
            for (var i = 0; i < rows.Count; i++)
            {
                var all = activation.MeanOverViews(rows[i]);
                targets.AddRange(_known.Select(k => samples[rows.Indices[i]].Targets[k]));
                probabilities.AddRange(places.Select(p => (float)_findings.Combine(p, all)));
            }

            read.AddRange(rows.Indices);
            afterBatch(rows.Count);
        }

        // Answers of several heads do not exclude each other any more, whatever the dataset's own labels do.
        return new Predictions(new LabelSchema(LabelTask.MultiLabel, [.. _known.Select(k => _names[k])]), [.. targets], [.. probabilities]);
    }

    /// <summary>Says in an evaluation which heads have answered.</summary>
    public DatasetEvaluation Describe(DatasetEvaluation evaluation) => evaluation with
    {
        Combination = _combination,
        Sources = new OrderedDictionary<string, IReadOnlyList<string>>(
            _known.Select(k => KeyValuePair.Create(_names[k], _findings.SourcesOf(_names[k]))), StringComparer.Ordinal),
        NotReported = [.. _names.Where((_, k) => !_known.Contains(k))],
    };
}
