using System.Reflection;

namespace Ark.Inference;

/// <summary>What messages about options say alike.</summary>
internal static class OptionsText
{
    /// <summary>Names what is configured, such as <c>model 'chest' (section Ark:Model)</c>.</summary>
    public static string What(string kind, string? name, string? section) =>
        (string.IsNullOrEmpty(name) ? kind : $"{kind} '{name}'") + (section is null ? "" : $" (section {section})");

    /// <summary>The keys that options have.</summary>
    public static IReadOnlyList<string> KeysOf(Type options) =>
        [.. options
            .GetProperties(BindingFlags.Public | BindingFlags.Instance)
            .Where(p => p.SetMethod?.IsPublic == true)
            .Select(p => p.Name)];

    /// <summary>Says that a key is unknown, and which may have been meant.</summary>
    public static string Unknown(string what, string key, IReadOnlyList<string> known) =>
        $"{what}: there is no key '{key}'. {NameSuggestion.For(key, known, "There are")}";
}
