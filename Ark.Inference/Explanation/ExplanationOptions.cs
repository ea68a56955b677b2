namespace Ark.Inference;

/// <summary>What is explained, and how.</summary>
public sealed record ExplanationOptions
{
    /// <summary>How the map is made.</summary>
    /// <value>The default is <see cref="HeatMapMethod.GradCam"/>.</value>
    public HeatMapMethod Method { get; init; } = HeatMapMethod.GradCam;

    /// <summary>The head that is asked; <see langword="null"/> for the first that knows the label.</summary>
    /// <value>The default is none.</value>
    public string? Head { get; init; }

    /// <summary>The side of the covered patch of an occlusion, as a share of the network's input.</summary>
    /// <value>The default is an eighth; 0.01 to 0.5.</value>
    public double PatchShare { get; init; } = 0.125;
}
