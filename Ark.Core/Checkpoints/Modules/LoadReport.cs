namespace Ark;

/// <summary>What became of every tensor when a file was loaded into a model.</summary>
public sealed class LoadReport
{
    internal LoadReport(string path, CheckpointFormat format, string nestedKey, string prefix)
    {
        Path = path;
        Format = format;
        NestedKey = nestedKey;
        Prefix = prefix;
    }

    /// <summary>The file.</summary>
    public string Path { get; }

    /// <summary>Its format.</summary>
    public CheckpointFormat Format { get; }

    /// <summary>The key in the file whose state dict was taken (<c>teacher</c>); empty for the top level.</summary>
    public string NestedKey { get; }

    /// <summary>
    /// What was taken off the names, as training frameworks put it there (<c>module._orig_mod.</c>); empty for nothing. Harmless.
    /// </summary>
    public string Prefix { get; }

    /// <summary>Whether there is such a <see cref="Prefix"/>.</summary>
    public bool PrefixStripped => Prefix.Length > 0;

    /// <summary>
    /// What one should know of the choice of the weights, where the file left one: which of several were taken, which prefix was taken off
    /// their names, and what lies beside them; <see langword="null"/> where it did not.
    /// </summary>
    public string? Remark { get; internal init; }

    /// <summary>Tensors that were copied into the model as they are.</summary>
    public IReadOnlyList<LoadReportEntry> Loaded { get; internal init; } = [];

    /// <summary>
    /// Tensors that were copied into the model after bicubic interpolation to its window or image size; only without <c>strict</c>.
    /// </summary>
    public IReadOnlyList<LoadReportEntry> Resized { get; internal init; } = [];

    /// <summary>
    /// Names that the file gives to tensors which the model knows under other names: the file's name by the model's. Harmless.
    /// </summary>
    public IReadOnlyDictionary<string, string> Renamed { get; internal init; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>Tensors of the model that the file lacks.</summary>
    public IReadOnlyList<LoadReportEntry> Missing { get; internal init; } = [];

    /// <summary>Tensors of the file that the model lacks.</summary>
    public IReadOnlyList<LoadReportEntry> Unexpected { get; internal init; } = [];

    /// <summary>Tensors that both have, in different shapes; the model keeps its own.</summary>
    public IReadOnlyList<LoadReportEntry> Mismatched { get; internal init; } = [];

    /// <summary>Tensors that the caller asked to skip.</summary>
    public IReadOnlyList<LoadReportEntry> Skipped { get; internal init; } = [];

    /// <summary>The entries that were not loaded and matter.</summary>
    public IEnumerable<LoadReportEntry> Harmful => Missing.Concat(Unexpected).Concat(Mismatched).Where(e => e.HarmlessBecause is null);

    /// <summary>Whether every difference between file and model is harmless.</summary>
    public bool IsComplete => !Harmful.Any();

    /// <summary>One line with the counts.</summary>
    /// <returns>The line.</returns>
    public override string ToString()
    {
        var from = (NestedKey.Length == 0 ? "" : $" from '{NestedKey}'") + (Prefix.Length == 0 ? "" : $" without '{Prefix}'");
        var harmless = Missing.Concat(Unexpected).Concat(Mismatched).Count(e => e.HarmlessBecause is not null);
        var resized = Resized.Count == 0 ? "" : $", resized {Resized.Count}";
        return $"loaded {Loaded.Count} tensors{from}{resized}; missing {Missing.Count}, unexpected {Unexpected.Count}, mismatched "
            + $"{Mismatched.Count} ({harmless} of these harmless), skipped {Skipped.Count}";
    }
}
