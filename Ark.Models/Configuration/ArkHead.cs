namespace Ark.Models;

/// <summary>One dataset's linear head.</summary>
public sealed record ArkHead
{
    /// <summary>A head for a dataset's labels.</summary>
    /// <param name="name">The dataset.</param>
    /// <param name="labels">Its labels, in the order of the head's outputs.</param>
    public ArkHead(string name, LabelSchema labels)
    {
        Name = name;
        Labels = labels;
        Outputs = labels.Count;
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

    /// <summary>What the outputs mean; <see langword="null"/> where it is not known.</summary>
    public LabelSchema? Labels { get; }
}
