namespace Ark;

/// <summary>What a dataset's labels mean, and so which loss, activation and metric its head gets.</summary>
public enum LabelTask
{
    /// <summary>Independent findings, each present, absent or missing: sigmoid, binary cross-entropy, AUROC per label.</summary>
    MultiLabel,

    /// <summary>Exactly one of several classes: softmax, cross-entropy, one-vs-rest AUROC and accuracy.</summary>
    MultiClass,

    /// <summary>One finding, present or absent: a multi-label set of one.</summary>
    Binary,

    /// <summary>None: pictures alone, for a training that needs no labels.</summary>
    Unlabeled,
}
