namespace Ark.Training;

/// <summary>Which outputs of the network answer one dataset.</summary>
/// <param name="Task">What the dataset's labels mean.</param>
/// <param name="Head">Index of the head.</param>
/// <param name="Columns">The head's output for each label of the dataset; <see langword="null"/> for all, in order.</param>
internal sealed record TaskHead(LabelTask Task, int Head, IReadOnlyList<int>? Columns = null);
