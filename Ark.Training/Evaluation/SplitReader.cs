using Ark.Data;
using Ark.Inference;
using static TorchSharp.torch;

namespace Ark.Evaluation;

/// <summary>Reads samples through one head, without gradients.</summary>
internal static class SplitReader
{
    /// <summary>Computes the mean task loss, each batch weighing by its images as in the original, and every prediction.</summary>
    /// <param name="network">Gives the head's logits <c>[N, K]</c> of images <c>[N, C, H, W]</c>; called within a dispose scope.</param>
    /// <param name="labels">Its labels.</param>
    /// <param name="batches">The samples; of several views the probabilities are averaged, and the loss is that of the first.</param>
    /// <param name="exclusive">Whether the classes compete in the loss.</param>
    /// <param name="device">Where the network lives.</param>
    /// <param name="afterBatch">Is told how many images each batch had.</param>
    /// <param name="order">The head's output for each label, where the head has another order; else <see langword="null"/>.</param>
    /// <param name="read">Receives the index of each image that was read, where they are wanted.</param>
    /// <returns>The loss and the predictions.</returns>
    public static (double Loss, Predictions Predictions) Read(
        Func<Tensor, Tensor> network, LabelSchema labels, IEnumerable<Batch> batches, bool exclusive, Device device, Action<int> afterBatch,
        IReadOnlyList<int>? order = null, List<int>? read = null)
    {
        var (targets, probabilities) = (new List<float>(), new List<float>());
        var activation = HeadActivation.Of(labels);
        double lossSum = 0;
        var images = 0;
        float[] Compute(Batch batch)
        {
            var (loss, logits) = ReadBatch(network, batch, exclusive, device, order);
            lossSum += loss * batch.Count;
            targets.AddRange(batch.Targets.AsSpan(0, batch.TargetsLength));
            return logits;
        }

        foreach (var rows in DatasetReader.Read(batches, Compute))
        {
            for (var i = 0; i < rows.Count; i++)
            {
                foreach (var probability in activation.MeanOverViews(rows[i])) probabilities.Add((float)probability);
            }

            images += rows.Count;
            read?.AddRange(rows.Indices);
            afterBatch(rows.Count);
        }

        return (lossSum / images, new Predictions(labels, [.. targets], [.. probabilities]));
    }

    private static (double Loss, float[] Logits) ReadBatch(
        Func<Tensor, Tensor> network, Batch batch, bool exclusive, Device device, IReadOnlyList<int>? order)
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        var (views, targets, anyMissing) = BatchSource.ToTensors(batch, device);
        var logits = network(views.flatten(0, 1)).reshape(batch.Count, batch.Views, -1);
        if (order is not null) logits = logits.index_select(2, tensor(order.Select(o => (long)o).ToArray(), device: device));
        var loss = TaskLoss.Compute(logits.select(1, 0), targets, exclusive, anyMissing);
        return (loss.Number(), logits.cpu().contiguous().data<float>().ToArray());
    }
}
