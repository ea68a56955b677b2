namespace Ark.Models;

/// <summary>What a <see cref="TrainingPass"/> hands on to the loss.</summary>
internal enum PassOutputs
{
    /// <summary>The tokens of the last stage.</summary>
    LastStage,

    /// <summary>The tokens of each stage after its patch merging.</summary>
    Stages,

    /// <summary>The tokens of each stage before its patch merging.</summary>
    StagesUnmerged,
}
