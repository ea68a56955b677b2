using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Ark;

/// <summary>Numbers and texts in JSON that may lack them.</summary>
internal static class JsonScalar
{
    /// <summary>A number, or null where it is undefined: JSON has no NaN.</summary>
    public static JsonNode? Number(double? value) => value is { } number && double.IsFinite(number) ? JsonValue.Create(number) : null;

    /// <summary>The number of a node, whatever type it was made of; <see langword="null"/> where it is none, or too large.</summary>
    public static double? GetDouble(JsonNode? node) =>
        node?.GetValueKind() == JsonValueKind.Number && double.Parse(node.ToJsonString(), CultureInfo.InvariantCulture) is var number
        && double.IsFinite(number) ? number : null;

    /// <summary>The text of a node; <see langword="null"/> where it is none.</summary>
    public static string? Text(JsonNode? node) => node?.GetValueKind() == JsonValueKind.String ? node.GetValue<string>() : null;
}
