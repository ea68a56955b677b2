namespace Ark.Data;

/// <summary>The adapter-specific keys of a dataset: read by name, and refused where the adapter does not know them.</summary>
internal sealed class AdapterSettings
{
    private readonly DatasetDefinition _definition;

    /// <summary>Checks that every setting is known.</summary>
    /// <param name="definition">The dataset.</param>
    /// <param name="known">The keys that the adapter knows; one that ends with <c>.</c> stands for all that start so.</param>
    /// <exception cref="ArkInputException">A setting is unknown.</exception>
    public AdapterSettings(DatasetDefinition definition, params IReadOnlyCollection<string> known)
    {
        _definition = definition;
        foreach (var key in definition.Settings.Keys)
        {
            if (known.Any(k => k.EndsWith('.') ? key.StartsWith(k, StringComparison.Ordinal) && key.Length > k.Length : k == key)) continue;
            throw Refuse(key, "is unknown", NameSuggestion.For(key, known, $"The adapter '{definition.Adapter}' knows the settings"));
        }
    }

    /// <summary>The text of a setting.</summary>
    /// <param name="key">Its key.</param>
    /// <param name="otherwise">The value where the setting is not given.</param>
    /// <returns>The value.</returns>
    public string Text(string key, string otherwise) => _definition.Settings.GetValueOrDefault(key, otherwise);

    /// <summary>The error for a setting that cannot be used.</summary>
    /// <param name="key">Its key.</param>
    /// <param name="problem">What is wrong with it.</param>
    /// <param name="mend">What to do about it.</param>
    /// <returns>The exception to throw.</returns>
    public ArkInputException Refuse(string key, string problem, string? mend) =>
        new(_definition.Source, $"dataset '{_definition.Name}', key 'settings.{key}'", problem, mend);
}
