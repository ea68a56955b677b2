using Ark.Models;

namespace Ark.Inference;

/// <summary>
/// Turns logits into probabilities, once: sigmoid where labels are independent, softmax where they exclude each other, and the calibration
/// where there is one.
/// </summary>
/// <param name="heads">The heads.</param>
/// <param name="calibration">Corrects the probabilities of the heads that it knows.</param>
internal sealed class HeadActivation(IReadOnlyList<ModelHead> heads, Calibration? calibration)
{
    private readonly HeadCalibration?[] _calibrations = [.. heads.Select(h => calibration?.For(h))];
    private readonly int _width = heads.Sum(h => h.Labels.Count);

    /// <summary>For the outputs of one head alone.</summary>
    /// <param name="labels">What they mean.</param>
    public static HeadActivation Of(LabelSchema labels) => new([new ModelHead(0, 0, new ArkHead("", labels))], calibration: null);

    /// <summary>The probabilities of every head of one image.</summary>
    /// <param name="logits">A row of all heads' logits.</param>
    /// <returns>In the same order.</returns>
    public double[] Probabilities(ReadOnlySpan<float> logits)
    {
        var result = new double[logits.Length];
        for (var h = 0; h < heads.Count; h++) Activate(h, logits, result.AsSpan(heads[h].Offset, heads[h].Labels.Count));
        return result;
    }

    /// <summary>The probabilities of many images, as they are kept.</summary>
    /// <param name="logits">A row of all heads' logits for each image.</param>
    /// <returns>Row by row.</returns>
    public float[] OfImages(ReadOnlySpan<float> logits)
    {
        var (width, result) = (_width, new float[logits.Length]);
        for (var at = 0; at < logits.Length; at += width)
        {
            var row = Probabilities(logits.Slice(at, width));
            for (var k = 0; k < width; k++) result[at + k] = (float)row[k];
        }

        return result;
    }

    /// <summary>The probabilities of an image of several views: those of each view, then their mean, as published.</summary>
    /// <param name="logits">A row of all heads' logits for each view.</param>
    /// <returns>In the order of a row.</returns>
    public double[] MeanOverViews(ReadOnlySpan<float> logits)
    {
        var (width, views) = (_width, logits.Length / _width);
        var sum = Probabilities(logits[..width]);
        for (var v = 1; v < views; v++)
        {
            var view = Probabilities(logits.Slice(v * width, width));
            for (var k = 0; k < width; k++) sum[k] += view[k];
        }

        for (var k = 0; k < width; k++) sum[k] /= views;
        return sum;
    }

    /// <summary>Names the probabilities of one image.</summary>
    /// <param name="image">The image.</param>
    /// <param name="logits">A row of all heads' logits.</param>
    public ImagePrediction Describe(string image, ReadOnlySpan<float> logits) => Describe(image, Probabilities(logits));

    /// <summary>Names probabilities that are there already, such as a mean over views.</summary>
    public ImagePrediction Describe(string image, double[] probabilities) => new(image, [.. heads.Select((head, h) => new HeadPrediction(
        head.Name,
        [.. head.Labels.Names.Select((name, k) => new LabelProbability(name, probabilities[head.Offset + k])
        {
            IsCalibrated = _calibrations[h] is not null,
        })],
        head.Labels.Task == LabelTask.MultiClass))]);

    /// <summary>Sigmoid or softmax of a head's logits.</summary>
    public static void Activate(LabelTask task, ReadOnlySpan<double> logits, Span<double> probabilities)
    {
        if (task != LabelTask.MultiClass)
        {
            for (var k = 0; k < logits.Length; k++) probabilities[k] = 1 / (1 + Math.Exp(-logits[k]));
            return;
        }

        var (largest, sum) = (double.NegativeInfinity, 0.0);
        foreach (var logit in logits) largest = Math.Max(largest, logit);
        for (var k = 0; k < logits.Length; k++) sum += probabilities[k] = Math.Exp(logits[k] - largest);
        for (var k = 0; k < logits.Length; k++) probabilities[k] /= sum;
    }

    private void Activate(int head, ReadOnlySpan<float> row, Span<double> probabilities)
    {
        var logits = new double[probabilities.Length];
        var own = heads[head].LogitsOf(row);
        for (var k = 0; k < logits.Length; k++) logits[k] = own[k];
        if (_calibrations[head] is { } correction) correction.Apply(logits, probabilities);
        else Activate(heads[head].Labels.Task, logits, probabilities);
    }
}
