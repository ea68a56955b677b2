namespace Ark.Training;

/// <summary>Where in a segmentation training its state stands: between two optimiser steps.</summary>
internal sealed record SegmentationPosition
{
    /// <summary>Finished passes.</summary>
    public int Epoch { get; set; }

    /// <summary>Finished steps of the current pass.</summary>
    public int Step { get; set; }

    /// <summary>Images of the current pass that were trained on.</summary>
    public int Images { get; set; }

    /// <summary>Sum of the loss over them.</summary>
    public double LossSum { get; set; }

    /// <summary>Optimiser steps since the run began.</summary>
    public long TotalSteps { get; set; }

    /// <summary>The pass with the lowest validation loss, from 1; 0 before the first.</summary>
    public int BestEpoch { get; set; }

    /// <summary>That loss.</summary>
    public double BestLoss { get; set; } = double.PositiveInfinity;

    /// <summary>Length of the metrics file, in bytes.</summary>
    public long MetricsLength { get; set; }
}
