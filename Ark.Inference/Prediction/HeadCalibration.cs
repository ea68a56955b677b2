namespace Ark.Inference;

/// <summary>The correction of one head.</summary>
/// <param name="Name">The head.</param>
/// <param name="Method">How it corrects.</param>
/// <param name="Task">Whether the labels exclude each other.</param>
/// <param name="Labels">The labels in the order of the head's outputs.</param>
public sealed record HeadCalibration(string Name, CalibrationMethod Method, LabelTask Task, IReadOnlyList<LabelCalibration> Labels)
{
    /// <summary>What it was fitted on: dataset and split.</summary>
    public string FittedOn { get; init; } = "";

    /// <summary>What the errors were measured on: dataset and split.</summary>
    public string MeasuredOn { get; init; } = "";

    /// <summary>Corrected probabilities of one image.</summary>
    /// <param name="logits">The head's logits.</param>
    /// <param name="probabilities">Receives as many probabilities.</param>
    internal void Apply(ReadOnlySpan<double> logits, Span<double> probabilities)
    {
        if (Method == CalibrationMethod.Temperature)
        {
            var divided = new double[logits.Length];
            for (var k = 0; k < divided.Length; k++) divided[k] = (logits[k] / Labels[k].Temperature) + Labels[k].Offset;
            HeadActivation.Activate(Task, divided, probabilities);
            return;
        }

        HeadActivation.Activate(Task, logits, probabilities);
        var sum = 0.0;
        for (var k = 0; k < logits.Length; k++) sum += probabilities[k] = Labels[k].Curve(probabilities[k]);
        if (Task != LabelTask.MultiClass) return;
        for (var k = 0; k < logits.Length; k++) probabilities[k] = sum > 0 ? probabilities[k] / sum : 1.0 / logits.Length;
    }
}
