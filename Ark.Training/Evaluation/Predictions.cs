namespace Ark.Training;

/// <summary>What a model says of a split, and what is true.</summary>
/// <param name="schema">The labels.</param>
/// <param name="targets"><c>[N, K]</c>, row by row; NaN missing.</param>
/// <param name="probabilities"><c>[N, K]</c>, row by row, 0 to 1.</param>
internal sealed class Predictions(LabelSchema schema, float[] targets, float[] probabilities)
{
    public int Images => targets.Length / schema.Count;

    /// <summary>Scores the predictions.</summary>
    /// <param name="dataset">The dataset's name.</param>
    /// <param name="split">The split.</param>
    /// <param name="weights">The network that was asked.</param>
    /// <param name="reported">The labels to report; <see langword="null"/> for all.</param>
    /// <returns>The figures.</returns>
    public DatasetEvaluation Evaluate(string dataset, DatasetSplit split, ModelRole weights, IReadOnlyList<string>? reported = null)
    {
        var labels = Enumerable.Range(0, schema.Count)
            .Where(k => reported is null || reported.Contains(schema.Names[k], StringComparer.Ordinal))
            .Select(EvaluateLabel).ToArray();
        return new DatasetEvaluation
        {
            Dataset = dataset,
            Split = split,
            Weights = weights,
            Images = Images,
            Labels = labels,
            Accuracy = schema.Task == LabelTask.MultiClass ? Accuracy() : null,
        };
    }

    private LabelEvaluation EvaluateLabel(int label)
    {
        var truth = Column(targets, label);
        return new LabelEvaluation(schema.Names[label], Auroc.Compute(truth, Column(probabilities, label)), truth.Count(t => t == 1), truth.Count(t => t == 0));
    }

    private float[] Column(float[] matrix, int label) => [.. Enumerable.Range(0, Images).Select(i => matrix[(i * schema.Count) + label])];

    // The first of several equal maxima is the prediction, as with numpy's argmax in the original.
    private double? Accuracy()
    {
        var right = 0;
        for (var i = 0; i < Images; i++)
        {
            var row = probabilities.AsSpan(i * schema.Count, schema.Count);
            var best = 0;
            for (var k = 1; k < row.Length; k++)
            {
                if (row[k] > row[best]) best = k;
            }

            if (targets[(i * schema.Count) + best] == 1) right++;
        }

        return Images == 0 ? null : (double)right / Images;
    }
}
