using Ark.Data;
using Ark.Inference;
using Ark.Training;

namespace Ark.Evaluation;

/// <summary>Measures how well a model reads a dataset. Thread-safe.</summary>
public interface IArkEvaluator
{
    /// <summary>
    /// Reads one split of a dataset through the head of the same name, or across all heads that know its findings
    /// (<see cref="EvaluationOptions.AcrossHeads"/>), and scores it.
    /// </summary>
    /// <param name="model">The model; borrowed.</param>
    /// <param name="dataset">The dataset.</param>
    /// <param name="options">How to read and score; <see langword="null"/> for the test split, one crop, no intervals.</param>
    /// <param name="progress">Is told what happens; may be called from any thread.</param>
    /// <param name="cancellationToken">Ends the reading early.</param>
    /// <returns>The figures, with the predictions that they are of.</returns>
    /// <exception cref="ArkInputException">The model has no such head, no head knows any of the labels, an option cannot be used, or a
    /// list, an image or a table cannot be read.</exception>
    Task<DatasetEvaluation> EvaluateAsync(LoadedModel model, ArkDataset dataset, EvaluationOptions? options = null,
        IProgress<TrainingProgress>? progress = null, CancellationToken cancellationToken = default);
}
