namespace Ark;

/// <summary>A part of a dataset.</summary>
public enum DatasetSplit
{
    /// <summary>Seen by the optimiser.</summary>
    Train,

    /// <summary>Chooses the checkpoint and the schedule; never trained on.</summary>
    Validation,

    /// <summary>Reported, and used for no decision.</summary>
    Test,
}
