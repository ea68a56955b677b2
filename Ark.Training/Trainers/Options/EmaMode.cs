namespace Ark.Training;

/// <summary>When the teacher moves towards the student.</summary>
public enum EmaMode
{
    /// <summary>Once after every pass over a dataset.</summary>
    Epoch,

    /// <summary>After every optimiser step.</summary>
    Iteration,
}
