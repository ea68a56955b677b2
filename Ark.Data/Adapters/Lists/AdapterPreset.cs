namespace Ark.Data;

/// <summary>What is known about a public dataset, as settings that hold where its catalogue says nothing else.</summary>
/// <param name="settings">Settings by key.</param>
internal sealed class AdapterPreset(params IReadOnlyList<(string Key, string Value)> settings)
{
    /// <summary>Nothing is known.</summary>
    public static AdapterPreset None { get; } = new();

    /// <summary>All of them.</summary>
    public IReadOnlyDictionary<string, string> Settings { get; } = settings.ToDictionary(s => s.Key, s => s.Value, StringComparer.Ordinal);

    /// <summary>One of them, or <see langword="null"/>.</summary>
    /// <param name="key">Its key.</param>
    public string? this[string key] => Settings.GetValueOrDefault(key);
}
