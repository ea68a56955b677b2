namespace Ark.Evaluation;

/// <summary>A column of metadata that groups the images of a split, such as sex, age or view.</summary>
/// <param name="Column">The column's name.</param>
public sealed record GroupColumn(string Column)
{
    /// <summary>The CSV that has the column: a row per image (by its name or path) or per patient.</summary>
    /// <value>The default is <see langword="null"/>: the dataset's own list, where that is a CSV.</value>
    public string? Metadata { get; init; }

    /// <summary>Where bands begin, ascending, if the column holds numbers.</summary>
    /// <value>The default is <see langword="null"/>: 20, 40, 60, 80 where a column holds numbers of more than ten values, else no
    /// bands.</value>
    public IReadOnlyList<double>? Bands { get; init; }
}
