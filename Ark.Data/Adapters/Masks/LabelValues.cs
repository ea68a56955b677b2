using System.Globalization;

namespace Ark.Data;

/// <summary>
/// The grey values of structures in label maps: <c>values.STRUCTURE</c>, several joined by <c>+</c>, or 1, 2, 3 … in their order. 0 is
/// none of them, and 255 is what nobody can say, where it is no structure's.
/// </summary>
internal sealed class LabelValues
{
    public const string Prefix = "values.";

    private const byte Unknown = 255;

    private readonly byte[][] _values;
    private readonly int[] _structures = new int[256];
    private readonly bool _hasUnknown;

    /// <summary>Names the values.</summary>
    /// <param name="values">Those of each structure; no value belongs to two.</param>
    /// <param name="areNamed">Whether a person named them. Unnamed values of one structure may just as well be those of a mask of 0 and
    /// 255, whose pixels must not be left out in silence.</param>
    private LabelValues(byte[][] values, bool areNamed)
    {
        _values = values;
        Array.Fill(_structures, -1);
        for (var k = 0; k < values.Length; k++)
        {
            foreach (var value in values[k]) _structures[value] = k;
        }

        _hasUnknown = _structures[Unknown] < 0 && (areNamed || values.Length > 1);
    }

    /// <summary>Tells values from others: those of each structure in their order, all but the first of a structure negative.</summary>
    public float[] Origin => [.. _values.SelectMany(v => v.Select((value, i) => i == 0 ? (float)value : -value))];

    /// <summary>What a person may have meant.</summary>
    public string Hint =>
        $"The values are {string.Join(", ", _values.SelectMany(v => v))}{(_hasUnknown ? $", and {Unknown} for what is left out" : "")}; "
        + "name others under 'settings: {values: {STRUCTURE: VALUE}}'.";

    /// <summary>The values that a catalogue names.</summary>
    /// <exception cref="ArkInputException">A structure or a value cannot be meant.</exception>
    public static LabelValues Of(AdapterSettings settings, IReadOnlyList<string> structures)
    {
        var given = settings.Below(Prefix);
        foreach (var name in given.Keys.Where(n => !structures.Contains(n, StringComparer.Ordinal)))
            throw settings.Error(
                Prefix + name, $"'{name}' is not among the dataset's structures", NameSuggestion.For(name, structures, "They are"));
        if (given.Count == 0) return new LabelValues([.. Enumerable.Range(1, structures.Count).Select(v => (byte[])[(byte)v])], false);
        byte[][] values = [.. structures.Select(s => Values(settings, s, given.GetValueOrDefault(s)))];
        var owners = new Dictionary<byte, string>();
        foreach (var (structure, value) in structures.Zip(values).SelectMany(p => p.Second.Select(v => (p.First, v))))
        {
            if (!owners.TryAdd(value, structure))
                throw settings.Error(
                    Prefix + structure, $"'{value}' is the value of '{owners[value]}' too", "Give each structure a value of its own.");
        }

        return new LabelValues(values, true);
    }

    /// <summary>The structure of a value; -1 where it has none.</summary>
    public int StructureOf(byte value) => _structures[value];

    /// <summary>Whether a value says that nobody can tell.</summary>
    public bool IsUnknown(byte value) => value == Unknown && _hasUnknown;

    private static byte[] Values(AdapterSettings settings, string structure, string? text)
    {
        var values = new List<byte>();
        foreach (var part in (text ?? "").Split('+', StringSplitOptions.TrimEntries))
        {
            if (!byte.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out var value) || value == 0)
                throw settings.Error(
                    Prefix + structure,
                    text is null ? "is missing" : $"'{text}' is invalid",
                    "Give each structure a value from 1 to 255, or several joined by '+'.");
            values.Add(value);
        }

        return [.. values];
    }
}
