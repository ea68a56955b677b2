using System.Text.Json;

namespace Ark.Inference;

/// <summary>An object of a calibration's file, whose keys are read by name and type; what is not as it must be is named.</summary>
/// <param name="path">The file.</param>
/// <param name="place">Where in it; <see langword="null"/> for its root.</param>
/// <param name="json">The object.</param>
internal sealed class CalibrationJson(string path, string? place, JsonElement json)
{
    /// <summary>The same object, called otherwise.</summary>
    public CalibrationJson At(string where) => new(path, where, json);

    public string Text(string key) => Value(key) switch
    {
        { ValueKind: JsonValueKind.String } text => text.GetString()!,
        { ValueKind: JsonValueKind.Null } => "",
        _ => throw Error(key, "is no text"),
    };

    /// <summary>A name of an enumeration, in any case; never its number.</summary>
    public T Name<T>(string key)
        where T : struct, Enum
    {
        var text = Text(key);
        return EnumNames.Find<T>(text, ignoreCase: true)
            ?? throw Error(key, $"is '{text}', expected one of {string.Join(", ", Enum.GetNames<T>())}");
    }

    public double Number(string key, double least = double.MinValue, double most = double.MaxValue) => Number(Value(key), key, least, most);

    public double? Optional(string key) =>
        Value(key) is { ValueKind: JsonValueKind.Null } ? null : Number(key);

    public int Count(string key) =>
        Value(key) is { ValueKind: JsonValueKind.Number } value && value.TryGetInt32(out var number) && number >= 0
            ? number
            : throw Error(key, "is no count");

    public double[] Numbers(string key) => [.. Array(key).Select(v => Number(v, key, double.MinValue, double.MaxValue))];

    /// <summary>The objects of a list.</summary>
    /// <param name="key">Its key.</param>
    /// <param name="where">Names one by its number, from 0.</param>
    public IEnumerable<CalibrationJson> Objects(string key, Func<int, string> where) => Array(key).Select((item, number) =>
        item.ValueKind == JsonValueKind.Object
            ? new CalibrationJson(path, where(number), item)
            : throw Error(key, $"has a value {number + 1} that is no object"));

    public ArkInputException Error(string key, string problem) =>
        new(path, place is null ? $"key '{key}'" : $"{place}, key '{key}'", problem, "Name a file that 'ArkCalibrator' wrote.");

    private double Number(JsonElement value, string key, double least, double most)
    {
        if (value.ValueKind != JsonValueKind.Number || !value.TryGetDouble(out var number) || !double.IsFinite(number))
            throw Error(key, "is no number in range");
        if (number < least || number > most)
            throw Error(key, FormattableString.Invariant($"is {number}, expected a number from {least} to {most}"));
        return number;
    }

    private JsonElement Value(string key) => json.TryGetProperty(key, out var value) ? value : throw Error(key, "is missing");

    private IEnumerable<JsonElement> Array(string key) =>
        Value(key) is { ValueKind: JsonValueKind.Array } array ? array.EnumerateArray() : throw Error(key, "is no list");
}
