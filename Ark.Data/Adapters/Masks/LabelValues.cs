using System.Globalization;

namespace Ark.Data;

/// <summary>The grey values of structures in label maps: <c>values.STRUCTURE</c>, or 1, 2, 3 … in their order.</summary>
internal static class LabelValues
{
    public const string Prefix = "values.";

    public static byte[] Of(AdapterSettings settings, IReadOnlyList<string> structures)
    {
        var given = settings.Below(Prefix);
        foreach (var name in given.Keys.Where(n => !structures.Contains(n, StringComparer.Ordinal)))
            throw settings.Error(
                Prefix + name, $"'{name}' is not among the dataset's structures", NameSuggestion.For(name, structures, "They are"));
        if (given.Count == 0) return [.. Enumerable.Range(1, structures.Count).Select(v => (byte)v)];
        byte[] values = [.. structures.Select(s => Value(settings, s, given.GetValueOrDefault(s)))];
        for (var k = 1; k < values.Length; k++)
        {
            var first = Array.IndexOf(values, values[k]);
            if (first < k)
                throw settings.Error(
                    Prefix + structures[k],
                    $"'{values[k]}' is the value of '{structures[first]}' too",
                    "Give each structure a value of its own.");
        }

        return values;
    }

    private static byte Value(AdapterSettings settings, string structure, string? text) =>
        byte.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var value) && value > 0
            ? value
            : throw settings.Error(
                Prefix + structure, text is null ? "is missing" : $"'{text}' is invalid", "Give each structure a value from 1 to 255.");
}
