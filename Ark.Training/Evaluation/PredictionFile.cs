namespace Ark.Evaluation;

/// <summary>
/// Predictions as a table that others can score: columns <c>image</c>, <c>patient</c>, and for each label <c>target_LABEL</c> (1, 0, or
/// nothing where missing) and <c>probability_LABEL</c>. CSV (UTF-8, as pandas reads it) or Parquet, by the extension.
/// </summary>
public static class PredictionFile
{
    internal const string Image = "image";
    internal const string Patient = "patient";
    internal const string Target = "target_";
    internal const string Probability = "probability_";

    /// <summary>Writes predictions; a file of that name is replaced as a whole.</summary>
    /// <param name="path">The file: <c>.csv</c> or <c>.parquet</c>.</param>
    /// <param name="predictions">The predictions; where they have no names, images are numbered.</param>
    /// <param name="cancellationToken">Ends the writing early.</param>
    /// <returns>When it is written.</returns>
    /// <exception cref="ArkInputException">The extension is another, or the file cannot be written.</exception>
    public static async Task WriteAsync(string path, Predictions predictions, CancellationToken cancellationToken = default)
    {
        using var content = new MemoryStream();
        if (IsParquet(path)) await ParquetPredictions.WriteAsync(content, predictions, cancellationToken).ConfigureAwait(false);
        else CsvPredictions.Write(content, predictions);
        content.Position = 0;
        AtomicFile.Write(path, content.CopyTo);
    }

    /// <summary>Reads predictions, ours or another model's.</summary>
    /// <param name="path">The file: <c>.csv</c> or <c>.parquet</c>.</param>
    /// <param name="cancellationToken">Ends the reading early.</param>
    /// <returns>The predictions; their labels are taken as independent.</returns>
    /// <exception cref="ArkInputException">The file is no such table; the message names line and column.</exception>
    public static async Task<Predictions> ReadAsync(string path, CancellationToken cancellationToken = default) =>
        IsParquet(path) ? await ParquetPredictions.ReadAsync(path, cancellationToken).ConfigureAwait(false) : CsvPredictions.Read(path);

    /// <summary>Checks that a path has an extension that can be written.</summary>
    /// <param name="path">The path.</param>
    /// <returns>Whether it is Parquet; else it is CSV.</returns>
    /// <exception cref="ArkInputException">It is neither.</exception>
    internal static bool IsParquet(string path) => Path.GetExtension(path).ToUpperInvariant() switch
    {
        ".PARQUET" => true,
        ".CSV" => false,
        var other => throw new ArkInputException(
            path, null, $"has the extension '{other.ToLowerInvariant()}', which is no table of predictions", "Name it .csv or .parquet."),
    };

    /// <summary>The labels of a table's columns.</summary>
    internal static LabelSchema LabelsOf(string path, IEnumerable<string> columns)
    {
        var all = columns.ToHashSet(StringComparer.Ordinal);
        var labels = columns.Where(c => c.StartsWith(Probability, StringComparison.Ordinal)).Select(c => c[Probability.Length..]).ToArray();
        var missing = new[] { Image }.Concat(labels.Select(l => Target + l)).FirstOrDefault(c => !all.Contains(c));
        if (labels.Length == 0) missing = Probability + "LABEL";
        if (missing is not null)
            throw new ArkInputException(
                path,
                "header",
                $"has no column '{missing}'",
                "A table of predictions has the columns image, target_LABEL and probability_LABEL, and maybe patient.");
        try
        {
            return new LabelSchema(LabelTask.MultiLabel, labels);
        }
        catch (ArgumentException e)
        {
            // The schema's own words, without the parameter name that .NET appends.
            throw new ArkInputException(
                path, "header", e.Message.Split(" (Parameter", 2)[0].TrimEnd('.'), "Each label has one pair of columns.", e);
        }
    }
}
