namespace Ark.Training;

/// <summary>
/// Makes options from the texts of several sources: a later one overrides an earlier one, and what decides the published values comes
/// before all.
/// </summary>
internal static class OptionTexts
{
    /// <summary>The published values, then every text in order. Not validated.</summary>
    /// <exception cref="ArkInputException">One text does not fit another.</exception>
    public static T Create<T>(OptionTable<T> table, IReadOnlyList<OptionText<T>> texts)
        where T : OptimizationOptions, new()
    {
        var options = new T();
        foreach (var text in texts.Where(t => t.Row.Property == nameof(TrainingOptions.Recipe))) text.Row.TryApply(options, text.Value);
        options.UsePublishedValues();
        return Apply(options, Meant(table, texts));
    }

    /// <summary>Sets every text on options that are there already, in order. Not validated.</summary>
    /// <param name="options">Are changed.</param>
    /// <param name="texts">The texts, as <see cref="Meant"/>.</param>
    /// <returns>The same options.</returns>
    /// <exception cref="ArkInputException">One text does not fit another.</exception>
    public static T Apply<T>(T options, IReadOnlyList<OptionText<T>> texts)
        where T : OptimizationOptions, new()
    {
        RequireOneDevice(texts);
        foreach (var text in texts.Where(t => !IsNameOfWeights(t, texts))) text.Row.TryApply(options, text.Value);
        bool Has(string name) => texts.Any(t => t.Row.Name == name);
        // Early stopping without a number is that of the defaults.
        var stopsEarly = texts.Any(t => t.Row.Name == OptionTables.EarlyStop && OptionValue.ParseBoolean(t.Value) == true);
        if (stopsEarly && options.Patience == 0 && !Has("patience")) options.Patience = new T().Patience;
        // Whoever lowers the rate alone means the whole schedule.
        if (options.MinimumLearningRate > options.LearningRate && Has("lr") && !Has("min-lr"))
            options.MinimumLearningRate = options.LearningRate;
        return options;
    }

    /// <summary>
    /// In the published command lines --epochs is the length of the schedule where --pretrain_epochs says how long to train.
    /// </summary>
    public static IReadOnlyList<OptionText<T>> Meant<T>(OptionTable<T> table, IReadOnlyList<OptionText<T>> texts)
        where T : OptimizationOptions, new() =>
        texts.Any(t => t.Row.Name == OptionTables.PretrainEpochs)
            ? [.. texts.Select(t => t.Row.Name == "epochs" ? t with { Row = table.Find("schedule-epochs")! } : t)]
            : texts;

    // Of the published flags --init names weights, and --pretrained_weights is their file. A name may happen to be a file's too; two files,
    // or none and one, are two wishes.
    private static bool IsNameOfWeights<T>(OptionText<T> text, IReadOnlyList<OptionText<T>> texts)
        where T : OptimizationOptions, new()
    {
        if (text.Row.Property != nameof(OptimizationOptions.InitialWeights)) return false;
        var value = text.Value;
        if (value.Contains("://", StringComparison.Ordinal))
            throw text.Error("nothing is downloaded", "Fetch the file, and give its path.");
        if (text.Row.Name == OptionTables.PretrainedWeights) return false;
        var isRandom = string.Equals(value, OptionTables.NoWeights, StringComparison.OrdinalIgnoreCase);
        var isPath = Path.HasExtension(value) || Path.GetFileName(value) != value;
        if (texts.LastOrDefault(t => t.Row.Name == OptionTables.PretrainedWeights && t.Source == text.Source) is { } weights)
        {
            if (isRandom || (isPath && File.Exists(value) && Path.GetFullPath(value) != Path.GetFullPath(weights.Value)))
                throw text.Error($"'{value}' contradicts {text.Word(OptionTables.PretrainedWeights)} {weights.Value}",
                    "Leave one of the two out.");
            return true;
        }

        if (isRandom || isPath || File.Exists(value)) return false;
        if (texts.Any(t => t.Row.Name == OptionTables.PretrainedWeights)) return true;
        throw text.Error($"'{value}' is no file and needs one",
            $"Give the weight file ({text.Word("init")} FILE), or name it beside ({text.Word(OptionTables.PretrainedWeights)} FILE).");
    }

    // One source may name the device under two names. 'cuda' alone leaves the choice to the other.
    private static void RequireOneDevice<T>(IReadOnlyList<OptionText<T>> texts)
        where T : OptimizationOptions, new()
    {
        foreach (var named in texts.Where(t => t.Row.Property == nameof(OptimizationOptions.Device)).GroupBy(t => t.Source))
        {
            var (first, device) = (named.First(), DeviceOf(named.First()));
            foreach (var other in named.Skip(1))
            {
                var also = DeviceOf(other);
                if (also == device || (device == "cuda" && also.StartsWith("cuda:", StringComparison.Ordinal))) continue;
                throw other.Error($"says {also}, but {first.Place} says {device}", "Leave one of the two out.");
            }
        }

        static string DeviceOf(OptionText<T> text)
        {
            var options = new T();
            text.Row.TryApply(options, text.Value);
            return options.Device;
        }
    }
}
