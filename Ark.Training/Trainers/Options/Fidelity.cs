namespace Ark.Training;

/// <summary>Whether the known slips of the published code are mended or repeated.</summary>
public enum Fidelity
{
    /// <summary>Every known slip is mended; the default.</summary>
    Corrected,

    /// <summary>
    /// The published behaviour, to repeat a published run: the learning-rate schedule is stepped with the validation loss, the teacher's
    /// projector and heads are drawn apart from the student's, in iteration mode the schedules advance once a dataset, gradients are
    /// filled with zeros instead of dropped, weight decay acts on the relative position bias tables, and recipe
    /// <see cref="TrainingRecipe.Ark"/> trains multi-class heads with binary cross-entropy.
    /// </summary>
    Published,
}
