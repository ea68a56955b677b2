namespace Ark;

/// <summary>
/// The numbers that come behind a run's seed in the paths of its random streams. Each names what its draws are for, so that a new use never
/// shifts an old one. A number is used once in a kind of run. None may change: recorded runs are repeated and resumed with these draws.
/// </summary>
internal static class RandomStreams
{
    /// <summary>Stochastic depth of the student, or of the network that is fine-tuned.</summary>
    public const ulong DropPath = 1;

    /// <summary>The order in which an epoch of pretraining visits its datasets.</summary>
    public const ulong DatasetOrder = 2;

    /// <summary>How pretraining mixes the images of all datasets.</summary>
    public const ulong MixedSamples = 3;

    /// <summary>Stochastic depth of the teacher.</summary>
    public const ulong TeacherDropPath = 4;

    /// <summary>Mix-up of fine-tuning.</summary>
    public const ulong MixUp = 2;

    /// <summary>The channels that a segmentation network's decoder leaves out.</summary>
    public const ulong SegmentationChannels = 1;

    /// <summary>Stochastic depth of a segmentation network's backbone.</summary>
    public const ulong SegmentationDropPath = 2;

    /// <summary>The order of the images in an epoch of segmentation.</summary>
    public const ulong SegmentationOrder = 11;

    /// <summary>How training changes images and masks of segmentation.</summary>
    public const ulong SegmentationChanges = 12;

    /// <summary>Replicates of a test set.</summary>
    public const ulong Bootstrap = 7;

    /// <summary>The few training images of a probe.</summary>
    public const ulong FewShot = 21;

    /// <summary>What masked image modeling hides of a training image.</summary>
    public const ulong Masks = 31;

    /// <summary>What it hides of a validation image, in every epoch the same.</summary>
    public const ulong ValidationMasks = 32;
}
