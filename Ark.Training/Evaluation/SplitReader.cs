using Ark.Data;
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
    public static (double Loss, Predictions Predictions) Read(Func<Tensor, Tensor> network, LabelSchema labels, IEnumerable<Batch> batches, bool exclusive, Device device, Action<int> afterBatch, IReadOnlyList<int>? order = null, List<int>? read = null)
    {
        var targets = new List<float>();
        var probabilities = new List<float>();
        double lossSum = 0;
        var images = 0;
        foreach (var batch in batches)
        {
            using (batch)
            {
                lossSum += ReadBatch(network, labels, batch, exclusive, device, probabilities, order) * batch.Count;
                images += batch.Count;
                read?.AddRange(batch.Indices);
                targets.AddRange(batch.Targets.AsSpan(0, batch.TargetsLength));
            }

            afterBatch(batch.Count);
        }

        return (lossSum / images, new Predictions(labels, [.. targets], [.. probabilities]));
    }

    private static double ReadBatch(Func<Tensor, Tensor> network, LabelSchema labels, Batch batch, bool exclusive, Device device, List<float> probabilities, IReadOnlyList<int>? order)
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        var (views, targets, anyMissing) = BatchSource.ToTensors(batch, device);
        var logits = network(views.flatten(0, 1)).reshape(batch.Count, batch.Views, -1);
        if (order is not null) logits = logits.index_select(2, tensor(order.Select(o => (long)o).ToArray(), device: device));
        var loss = TaskLoss.Compute(logits.select(1, 0), targets, exclusive, anyMissing);
        probabilities.AddRange(Probabilities(logits, labels.Task).cpu().data<float>().ToArray());
        return loss.Number();
    }

    /// <summary>The probabilities <c>[B, K]</c> of views <c>[B, V, K]</c>: those of each view, then their mean, as published.</summary>
    internal static Tensor Probabilities(Tensor logits, LabelTask task) => (task == LabelTask.MultiClass ? logits.softmax(2) : logits.sigmoid()).mean([1]);
}
