namespace Ark.Data;

/// <summary>What a check found in one split.</summary>
public sealed record SplitCheck
{
    /// <summary>The split.</summary>
    public required DatasetSplit Split { get; init; }

    /// <summary>The rows of its list, bad ones too.</summary>
    public required int Images { get; init; }

    /// <summary>Rows whose image is not there.</summary>
    public required int Missing { get; init; }

    /// <summary>Images that were decoded: all, or as many as the limit allows.</summary>
    public required int Decoded { get; init; }

    /// <summary>Images among them that cannot be read.</summary>
    public required int Unreadable { get; init; }

    /// <summary>Images with the same bytes as an earlier one of this split.</summary>
    public required int Duplicates { get; init; }

    /// <summary>Images with the same bytes as one of another split.</summary>
    public required int SharedImages { get; init; }

    /// <summary>Patients; <see langword="null"/> where the dataset does not tell.</summary>
    public required int? Patients { get; init; }

    /// <summary>The labels in order.</summary>
    public required IReadOnlyList<LabelCount> Labels { get; init; }

    /// <summary>
    /// Words of a column of findings that are neither a label nor say that there is no finding: they count for nothing. The most frequent
    /// one comes first.
    /// </summary>
    public required IReadOnlyList<FindingCount> UnknownFindings { get; init; }

    /// <summary>The mean grey of the decoded images' pixels, 0 to 255; <see langword="null"/> where there are none.</summary>
    public required double? Mean { get; init; }

    /// <summary>The standard deviation of those pixels.</summary>
    public required double? Deviation { get; init; }

    /// <summary>What must be mended.</summary>
    public required IReadOnlyList<CheckProblem> Problems { get; init; }

    /// <summary>What deserves a look.</summary>
    public required IReadOnlyList<CheckProblem> Warnings { get; init; }
}
