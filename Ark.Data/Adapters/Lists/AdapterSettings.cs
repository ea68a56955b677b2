using System.Text.RegularExpressions;

namespace Ark.Data;

/// <summary>The adapter-specific keys of a dataset: read by name, and refused where the adapter does not know them.</summary>
internal sealed class AdapterSettings
{
    private readonly DatasetDefinition _definition;
    private readonly AdapterPreset _preset;

    /// <summary>Checks that every setting is known.</summary>
    /// <param name="definition">The dataset.</param>
    /// <param name="preset">What holds where the dataset says nothing.</param>
    /// <param name="known">The keys that the adapter knows; one that ends with <c>.</c> stands for all that start so.</param>
    /// <exception cref="ArkInputException">A setting is unknown.</exception>
    public AdapterSettings(DatasetDefinition definition, AdapterPreset preset, params IReadOnlyCollection<string> known)
    {
        _definition = definition;
        _preset = preset;
        foreach (var key in definition.Settings.Keys)
        {
            if (known.Any(k => k.EndsWith('.') ? key.StartsWith(k, StringComparison.Ordinal) && key.Length > k.Length : k == key)) continue;
            throw Error(key, "is unknown", NameSuggestion.For(key, known, $"The adapter '{definition.Adapter}' knows the settings"));
        }
    }

    /// <summary>The text of a setting.</summary>
    /// <param name="key">Its key.</param>
    /// <returns>The value; <see langword="null"/> where neither the dataset nor the preset has one.</returns>
    public string? Text(string key) => _definition.Settings.GetValueOrDefault(key) ?? _preset[key];

    /// <summary>Whether the dataset itself has a setting.</summary>
    /// <param name="key">Its key.</param>
    /// <returns>Whether it does; the preset does not count.</returns>
    public bool IsGiven(string key) => _definition.Settings.ContainsKey(key);

    /// <summary>Every setting below a key, such as <c>columns.</c>; the dataset's win over the preset's.</summary>
    /// <param name="prefix">The key with its dot.</param>
    /// <returns>The rest of each key with its value.</returns>
    public Dictionary<string, string> Below(string prefix)
    {
        var found = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (key, value) in _preset.Settings.Concat(_definition.Settings))
        {
            if (key.StartsWith(prefix, StringComparison.Ordinal)) found[key[prefix.Length..]] = value;
        }

        return found;
    }

    /// <summary>A setting that is one of a few words.</summary>
    /// <param name="key">Its key.</param>
    /// <param name="words">The words; the first holds where nothing is said.</param>
    /// <returns>The word.</returns>
    /// <exception cref="ArkInputException">The setting is another word.</exception>
    public string Choice(string key, params ReadOnlySpan<string> words)
    {
        var word = Text(key) ?? words[0];
        return words.Contains(word)
            ? word
            : throw Error(key, $"'{word}' is unknown", NameSuggestion.For(word, words.ToArray(), "It is one of"));
    }

    /// <summary>A setting that is a pattern.</summary>
    /// <param name="key">Its key.</param>
    /// <returns>The pattern, which takes time in proportion to the text however it is written; <see langword="null"/> for none.</returns>
    /// <exception cref="ArkInputException">It is no pattern.</exception>
    public Regex? Pattern(string key)
    {
        if (Text(key) is not { } text) return null;
        try
        {
            return new Regex(text, RegexOptions.NonBacktracking | RegexOptions.CultureInvariant);
        }
        catch (Exception e) when (e is ArgumentException or NotSupportedException)
        {
            throw Error(
                key,
                $"'{text}' is no pattern that can be used ({e.Message.TrimEnd('.')})",
                "Write a regular expression without look-around and back-references.");
        }
    }

    /// <summary>The error for a setting that cannot be used.</summary>
    /// <param name="key">Its key.</param>
    /// <param name="problem">What is wrong with it.</param>
    /// <param name="hint">What to do about it.</param>
    /// <returns>The exception to throw.</returns>
    public ArkInputException Error(string key, string problem, string? hint) =>
        new(_definition.Source, $"dataset '{_definition.Name}', key 'settings.{key}'", problem, hint);
}
