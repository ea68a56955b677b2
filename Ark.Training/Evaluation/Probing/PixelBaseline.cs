using Ark.Data;
using Ark.Inference;
using static TorchSharp.torch;

namespace Ark.Evaluation;

/// <summary>
/// What a linear model on thumbnails reaches: logistic regression on the 32 × 32 pixels of the network's own evaluation view, its penalty
/// chosen on validation. A network that is not clearly above it has learnt little.
/// </summary>
internal static class PixelBaseline
{
    public static DatasetEvaluation Evaluate(
        PreparedDataset data, BatchSource source, Normalization normalization, CancellationToken cancellationToken)
    {
        var transform = Transforms.Evaluation(normalization, PixelFeatures.Side);
        using var train = Read(data, DatasetSplit.Train, source, transform, cancellationToken);
        using var validation = Read(data, DatasetSplit.Validation, source, transform, cancellationToken);
        using var test = Read(data, DatasetSplit.Test, source, transform, cancellationToken);
        using var model = LogisticRegression.FitBest(data.Labels, train, validation, cancellationToken: cancellationToken);
        return new Predictions(data.Labels, test.Targets.data<float>().ToArray(), model.Predict(test.Features))
            .Evaluate(data.Name, DatasetSplit.Test, ModelRole.Student, data.TestLabels, cancellationToken: cancellationToken);
    }

    private static FeatureTable Read(
        PreparedDataset data, DatasetSplit split, BatchSource source, IImageTransform transform, CancellationToken cancellationToken)
    {
        var features = new List<Tensor>();
        var targets = new List<float>();
        using var scope = NewDisposeScope();
        foreach (var rows in DatasetReader.Read(source.InOrder(data.Name, data[split], transform, cancellationToken), PixelFeatures.Grays))
        {
            features.Add(tensor(rows.Values, [rows.Count, rows.Width]));
            foreach (var index in rows.Indices) targets.AddRange(data[split][index].Targets);
        }

        return new FeatureTable(
            cat(features).MoveToOuterDisposeScope(),
            tensor(targets.ToArray(), [targets.Count / data.Labels.Count, data.Labels.Count]).MoveToOuterDisposeScope());
    }
}
