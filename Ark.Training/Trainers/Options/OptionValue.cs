using System.Globalization;
using System.Text.Json;

namespace Ark.Training;

/// <summary>The values of options as text, the same whatever the culture.</summary>
internal static class OptionValue
{
    // Words that are not the names of their values.
    private static readonly Dictionary<Enum, string> Words = new()
    {
        [Normalization.ImageNet] = NormalizationNames.Of(Normalization.ImageNet),
        [Normalization.ChestXray] = NormalizationNames.Of(Normalization.ChestXray),
        [OptimizerKind.AdamW] = "adamw",
        [TrainingRecipe.SimMim] = "simmim",
        [SegmentationLoss.DiceCrossEntropy] = "dice-ce",
    };

    /// <summary>What a value of a type is called in help texts.</summary>
    public static string NameOf(Type type) =>
        type == typeof(bool) ? "true|false"
        : type.IsEnum ? string.Join('|', type.GetEnumValues().Cast<Enum>().Select(Word))
        : type == typeof(double) ? "X"
        : type == typeof(string) ? "TEXT"
        : "N";

    /// <summary>Reads a value of a type; <see langword="null"/> where the text is none.</summary>
    public static object? Read(Type type, string text)
    {
        if (type == typeof(string)) return text.Length > 0 ? text : null;
        if (type == typeof(bool)) return ParseBoolean(text);
        if (type == typeof(int))
            return int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var integer) ? integer : null;
        if (type == typeof(ulong)) return ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var seed) ? seed : null;
        if (type == typeof(double)) return ParseDouble(text);
        var word = Fold(text);
        return type.GetEnumValues().Cast<Enum>().FirstOrDefault(v => Word(v) == word);
    }

    /// <summary>Writes a value so that <see cref="Read"/> gives it back, to the last digit; <see langword="null"/> for none.</summary>
    public static string? Write(object? value) => value switch
    {
        bool boolean => boolean ? "true" : "false",
        double number => number.ToString("R", CultureInfo.InvariantCulture),
        Enum word => Word(word),
        _ => Convert.ToString(value, CultureInfo.InvariantCulture) is { Length: > 0 } text ? text : null,
    };

    /// <summary>A finite number; <see langword="null"/> where the text is none.</summary>
    public static double? ParseDouble(string text) =>
        double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number) ? number : null;

    /// <summary>
    /// Whether the text means yes, as the published scripts read it; <see langword="null"/> where it is neither yes nor no.
    /// </summary>
    public static bool? ParseBoolean(string text) => text.ToUpperInvariant() switch
    {
        "TRUE" or "1" => true,
        "FALSE" or "0" => false,
        _ => null,
    };

    /// <summary>A name as it is compared: the published scripts mix dashes and underscores.</summary>
    public static string Fold(string name) => name.Replace('_', '-').ToLowerInvariant();

    private static string Word(Enum value) =>
        Words.GetValueOrDefault(value) ?? JsonNamingPolicy.KebabCaseLower.ConvertName(value.ToString());
}
