namespace Ark.Training;

/// <summary>Builds training options from text settings of several sources; a later source overrides an earlier one, and the recipe comes before all.</summary>
public sealed class TrainingOptionsBuilder
{
    private readonly List<(TrainingSetting Setting, string Value, string Source, string Place)> _settings = [];

    /// <summary>Adds one setting.</summary>
    /// <param name="name">Any of its names.</param>
    /// <param name="value">Its value as text.</param>
    /// <param name="source">Where it comes from: a file's name, or <c>command line</c>.</param>
    /// <param name="place">The place in the source, for messages: <c>line 4, key 'lr'</c>, <c>option '--lr'</c>.</param>
    /// <returns>This builder.</returns>
    /// <exception cref="ArkInputException">There is no such setting, or the value is of the wrong kind.</exception>
    public TrainingOptionsBuilder Add(string name, string value, string source, string place)
    {
        var setting = TrainingSettings.Find(name) ?? throw new ArkInputException(source, place, $"there is no training setting '{name}'",
            $"Known are: {string.Join(", ", TrainingSettings.All.Select(s => s.Name))}.");
        if (!setting.TryApply(new TrainingOptions(), value))
            throw new ArkInputException(source, place, $"'{value}' is no value for '{setting.Name}'", $"Give {setting.ValueName}.");
        _settings.Add((setting, value, source, place));
        return this;
    }

    /// <summary>Makes the options: the recipe's published values, then every setting in the order of adding.</summary>
    /// <returns>New, validated options.</returns>
    /// <exception cref="ArkInputException">A value is out of range, or does not fit another.</exception>
    public TrainingOptions Build()
    {
        var chosen = new TrainingOptions();
        foreach (var (setting, value, _, _) in _settings.Where(s => s.Setting.Property == nameof(TrainingOptions.Recipe))) setting.TryApply(chosen, value);
        var options = ApplyTo(TrainingOptions.ForRecipe(chosen.Recipe));
        options.Validate();
        return options;
    }

    /// <summary>Sets every setting on options that are there already, in the order of adding.</summary>
    /// <param name="options">Are changed.</param>
    /// <returns>The same options, not validated.</returns>
    /// <exception cref="ArkInputException">A setting does not fit another.</exception>
    internal TrainingOptions ApplyTo(TrainingOptions options)
    {
        RequireOneDevice();
        var passesAreNamed = _settings.Any(s => s.Setting.Name == TrainingSettings.PretrainEpochs);
        var weightsAreNamed = _settings.Any(s => s.Setting.Name == TrainingSettings.PretrainedWeights);
        foreach (var (setting, value, source, place) in _settings)
        {
            // In the published command lines --epochs is the length of the schedule, and --pretrain_epochs says how long to train.
            if (setting.Name == "epochs" && passesAreNamed) TrainingSettings.Find("schedule-epochs")!.TryApply(options, value);
            else if (setting.Name == "init" && PublishedFlags.InitWords.Contains(value.ToLowerInvariant()))
            {
                if (!weightsAreNamed)
                    throw new ArkInputException(source, place, $"'{value}' names weights, not a file", $"Give the file: --init FILE, or --{TrainingSettings.PretrainedWeights} FILE beside it.");
            }
            else if (setting.Name is "init" or TrainingSettings.PretrainedWeights && value.Contains("://", StringComparison.Ordinal))
                throw new ArkInputException(source, place, "nothing is downloaded", "Fetch the file, and give its path.");
            else if (setting.Name != "init" || !weightsAreNamed) setting.TryApply(options, value);
        }

        return options;
    }

    // One source may name the device under two names. 'cuda' alone leaves the choice to the other.
    private void RequireOneDevice()
    {
        foreach (var named in _settings.Where(s => s.Setting.Property == nameof(TrainingOptions.Device)).GroupBy(s => s.Source))
        {
            var (first, device) = (named.First(), DeviceOf(named.First()));
            foreach (var other in named.Skip(1).Where(s => DeviceOf(s) is var also && also != device && !(device == "cuda" && also.StartsWith("cuda:", StringComparison.Ordinal))))
                throw new ArkInputException(other.Source, other.Place, $"says {DeviceOf(other)}, but {first.Place} says {device}", "Leave one of the two out.");
        }

        static string DeviceOf((TrainingSetting Setting, string Value, string Source, string Place) setting)
        {
            var options = new TrainingOptions();
            setting.Setting.TryApply(options, setting.Value);
            return options.Device;
        }
    }
}
