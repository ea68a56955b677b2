using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Ark;

/// <summary>
/// JSON from files. Names are unique, and texts are Unicode: .NET's reader notices neither a lone surrogate nor bytes that are no UTF-8
/// before a text is asked for, and throws something else then.
/// </summary>
internal static class StrictJson
{
    private const int UsualDepth = 64;

    /// <summary>Parses a document.</summary>
    /// <param name="json">The JSON; kept.</param>
    /// <param name="maxDepth">Values inside one another.</param>
    /// <exception cref="JsonException">It is none.</exception>
    public static JsonDocument Document(ReadOnlyMemory<byte> json, int maxDepth = UsualDepth)
    {
        json = json[LengthOfMark(json.Span)..];
        RequireUnicode(json.Span, maxDepth);
        return JsonDocument.Parse(json, new JsonDocumentOptions { MaxDepth = maxDepth, AllowDuplicateProperties = false });
    }

    /// <summary>Parses a value.</summary>
    /// <exception cref="JsonException">It is none.</exception>
    public static JsonNode? Node(ReadOnlySpan<byte> json)
    {
        json = json[LengthOfMark(json)..];
        RequireUnicode(json, UsualDepth);
        return JsonNode.Parse(json, documentOptions: new JsonDocumentOptions { AllowDuplicateProperties = false });
    }

    // Editors write it in front of a text; the reader of JSON does not know it.
    private static int LengthOfMark(ReadOnlySpan<byte> json) => json.StartsWith(Encoding.UTF8.Preamble) ? Encoding.UTF8.Preamble.Length : 0;

    private static void RequireUnicode(ReadOnlySpan<byte> json, int maxDepth)
    {
        var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = maxDepth });
        try
        {
            while (reader.Read())
            {
                if (reader.TokenType is JsonTokenType.PropertyName or JsonTokenType.String
                    && (reader.ValueIsEscaped || !Ascii.IsValid(reader.ValueSpan)))
                    reader.GetString();
            }
        }
        catch (InvalidOperationException e)
        {
            throw new JsonException($"the text before byte {reader.BytesConsumed} is no Unicode", e);
        }
    }
}
