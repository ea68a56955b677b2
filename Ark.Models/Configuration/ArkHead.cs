namespace Ark.Models;

/// <summary>One dataset's linear head. Heads are equal that have the same name, outputs and labels.</summary>
public sealed record ArkHead
{
    private readonly LabelSchema? _known;
    private LabelSchema? _numbered;

    /// <summary>A head for a dataset's labels.</summary>
    /// <param name="name">The dataset.</param>
    /// <param name="labels">Its labels, in the order of the head's outputs.</param>
    public ArkHead(string name, LabelSchema labels)
    {
        Name = name;
        Outputs = labels.Count;
        _known = labels;
    }

    /// <summary>A head whose labels are not known.</summary>
    /// <param name="name">The dataset.</param>
    /// <param name="outputs">The number of outputs; 0 makes the head the identity.</param>
    public ArkHead(string name, int outputs)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(outputs);
        Name = name;
        Outputs = outputs;
    }

    /// <summary>The dataset.</summary>
    public string Name { get; }

    /// <summary>The number of outputs; 0 for the identity.</summary>
    public int Outputs { get; }

    /// <summary>Whether it is known what the outputs mean. A weight file of another program may not say it.</summary>
    public bool HasKnownLabels => _known is not null;

    /// <summary>
    /// What the outputs mean. Where that is not known, they are numbered: independent labels <c>[output 0]</c>, <c>[output 1]</c>, …, of
    /// which the identity has one.
    /// </summary>
    public LabelSchema Labels => _known ?? (_numbered ??= Number(Outputs));

    /// <inheritdoc/>
    public bool Equals(ArkHead? other) => other is not null && (Name, Outputs, _known) == (other.Name, other.Outputs, other._known);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Name, Outputs, _known);

    // Brackets keep these from being taken for the labels of a dataset. Made when they are asked for: a damaged file may name any number of
    // outputs.
    private static LabelSchema Number(int outputs) =>
        new(LabelTask.MultiLabel, [.. Enumerable.Range(0, Math.Max(1, outputs)).Select(i => $"[output {i}]")]);
}
