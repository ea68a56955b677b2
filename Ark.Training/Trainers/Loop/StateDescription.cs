using Ark.Inference;

namespace Ark.Training;

/// <summary>What the checkpoint of a run says beside its tensors and its position.</summary>
internal sealed record StateDescription
{
    /// <summary>What kind of run it is of; <see langword="null"/> for pretraining, whose checkpoints came first.</summary>
    public string? Kind { get; init; }

    /// <summary>The form of what is stored.</summary>
    public required long Format { get; init; }

    /// <summary>The model.</summary>
    public required OrderedDictionary<string, object?> Model { get; init; }

    /// <summary>The options.</summary>
    public required OrderedDictionary<string, object?> Options { get; init; }

    /// <summary>Refuses the options of another run: it is given the file and what that has stored of its options.</summary>
    public required Action<string, CheckpointSection> RequireSameOptions { get; init; }

    /// <summary>The datasets, and what tells their lists from others.</summary>
    public required IReadOnlyList<KeyValuePair<string, string>> Data { get; init; }
}
