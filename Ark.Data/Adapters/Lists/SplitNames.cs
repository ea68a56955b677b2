namespace Ark.Data;

/// <summary>What files and catalogues call the splits.</summary>
internal static class SplitNames
{
    private static readonly Dictionary<DatasetSplit, string[]> Words = new()
    {
        [DatasetSplit.Train] = ["train", "training"],
        [DatasetSplit.Validation] = ["val", "valid", "validate", "validation", "dev"],
        [DatasetSplit.Test] = ["test", "testing"],
    };

    /// <summary>Every split.</summary>
    public static IReadOnlyList<DatasetSplit> All { get; } = [DatasetSplit.Train, DatasetSplit.Validation, DatasetSplit.Test];

    /// <summary>The word that Ark uses: <c>train</c>, <c>val</c>, <c>test</c>.</summary>
    public static string Word(this DatasetSplit split) => Words[split][0];

    /// <summary>The word that results use: <c>train</c>, <c>validation</c>, <c>test</c>.</summary>
    public static string ResultWord(this DatasetSplit split) => split == DatasetSplit.Validation ? "validation" : split.Word();

    /// <summary>Every usual word for a split.</summary>
    public static IReadOnlyList<string> Synonyms(this DatasetSplit split) => Words[split];
}
