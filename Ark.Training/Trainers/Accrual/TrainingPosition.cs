namespace Ark.Training;

/// <summary>Where in a run its state stands: between two optimiser steps. A checkpoint carries it, so that a resumed run goes on with the next step.</summary>
internal sealed record TrainingPosition
{
    /// <summary>Finished passes over all datasets.</summary>
    public int Epoch { get; set; }

    /// <summary>The current pass of the epoch, mostly one over one dataset; the number of passes where all are done.</summary>
    public int Pass { get; set; }

    /// <summary>Finished steps of the current pass.</summary>
    public int Step { get; set; }

    /// <summary>Images of the current pass that were trained on.</summary>
    public int Images { get; set; }

    /// <summary>Sums over those images: task loss, consistency loss, total.</summary>
    public double[] LossSums { get; set; } = new double[3];

    /// <summary>Optimiser steps since the run began.</summary>
    public long TotalSteps { get; set; }

    /// <summary>The lowest validation loss so far.</summary>
    public double BestValidationLoss { get; set; } = double.PositiveInfinity;

    /// <summary>Validation loss of each dataset after the last finished epoch.</summary>
    public double[] ValidationLosses { get; set; } = [];

    /// <summary>Length of the metrics file, in bytes.</summary>
    public long MetricsLength { get; set; }
}
