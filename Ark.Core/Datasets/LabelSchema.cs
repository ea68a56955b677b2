namespace Ark;

/// <summary>
/// The labels of one dataset, in the order of its head's outputs. Targets that follow a schema are <c>float[Count]</c>:
/// 1 present, 0 absent, <see cref="float.NaN"/> missing (left out of loss and metrics); values between are soft labels;
/// a multi-class target is one-hot. Schemas are equal that have the same task and names.
/// </summary>
public sealed record LabelSchema
{
    /// <summary>Creates a schema.</summary>
    /// <param name="task">What the labels mean.</param>
    /// <param name="names">Label names in head order; unique and not blank, at least one (two for <see cref="LabelTask.MultiClass"/>,
    /// exactly one for <see cref="LabelTask.Binary"/>, none for <see cref="LabelTask.Unlabeled"/>).</param>
    /// <exception cref="ArgumentException">The names do not fit the task.</exception>
    public LabelSchema(LabelTask task, IReadOnlyList<string> names)
    {
        var least = task switch { LabelTask.MultiClass => 2, LabelTask.Unlabeled => 0, _ => 1 };
        if (names.Count < least)
            throw new ArgumentException($"{task} needs at least {least} label name(s), got {names.Count}.", nameof(names));
        if (task == LabelTask.Binary && names.Count != 1)
            throw new ArgumentException($"{task} has exactly one label name, got {names.Count}.", nameof(names));
        if (task == LabelTask.Unlabeled && names.Count > 0)
            throw new ArgumentException($"{task} has no label names, got {names.Count}.", nameof(names));
        if (names.Any(string.IsNullOrWhiteSpace)) throw new ArgumentException("A label name is empty.", nameof(names));
        if (names.Distinct(StringComparer.Ordinal).Count() != names.Count)
            throw new ArgumentException("Label names must be unique.", nameof(names));
        Task = task;
        Names = [.. names];
    }

    /// <summary>What the labels mean.</summary>
    public LabelTask Task { get; }

    /// <summary>Label names in the order of the head's outputs.</summary>
    public IReadOnlyList<string> Names { get; }

    /// <summary>The number of labels, which is the head's number of outputs.</summary>
    public int Count => Names.Count;

    /// <inheritdoc/>
    public bool Equals(LabelSchema? other) =>
        other is not null && Task == other.Task && Names.SequenceEqual(other.Names, StringComparer.Ordinal);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Task, Count, Count > 0 ? Names[0] : null);
}
