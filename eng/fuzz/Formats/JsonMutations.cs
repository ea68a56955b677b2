using System.Text;
using System.Text.RegularExpressions;

namespace Ark.Fuzz;

/// <summary>JSON changed token by token and value by value, so that most of it stays JSON.</summary>
internal static partial class JsonMutations
{
    // Bytes are kept as they are, also those that are no UTF-8.
    private static readonly Encoding Raw = Encoding.Latin1;

    private static readonly string[] Values =
    [
        "null", "true", "false", "{}", "[]", "[[]]", "{\"a\":{}}", "\"\"", "0", "-1", "1e999", "1e-999", "9223372036854775808", "0.5",
        "\"\\ud800\"", "\"\\udc00\\ud800\"", "\"\\u0000\"", "\"\u00ff\u00fe\"", "\"\u00ed\u00a0\u0080\"", "\"5\"", "[1,\"a\",null]",
        "[null]", "[{}]", "\"NaN\"", "NaN", "18446744073709551616",
    ];

    public static byte[] Apply(byte[] json, IReadOnlyList<byte[]> others, RandomStream random)
    {
        var tokens = Tokens(json);
        if (tokens.Count == 0) return ByteMutations.Apply(json, others, random);
        for (var change = Extremes.FurtherChanges(random); change >= 0 && tokens.Count > 0; change--)
        {
            var at = Chosen(tokens, random);
            var (start, count) = ValueAt(tokens, at);
            switch (random.NextInt32(12))
            {
                case 0 or 1:
                    tokens.RemoveRange(start, count);
                    tokens.Insert(start, Values[random.NextInt32(Values.Length)]);
                    break;
                case 2 when IsNumber(tokens[at]):
                    tokens[at] = Extremes.Number(random);
                    break;
                case 3 when tokens[at] is ['"', ..]:
                    tokens[at] = Quoted(Extremes.Text(random));
                    break;
                case 4:
                    RemoveWithComma(tokens, start, count);
                    break;
                case 5:
                    var copy = tokens.GetRange(start, count);
                    var times = random.NextInt32(random.Chance(0.1) ? 100 : 2);
                    for (; times >= 0 && tokens.Count < 20_000; times--) tokens.InsertRange(start + count, [",", .. copy]);
                    break;
                case 6:
                    var depth = 1 + random.NextInt32(random.Chance(0.1) ? 2000 : 20);
                    tokens.InsertRange(start + count, Enumerable.Repeat("]", depth));
                    tokens.InsertRange(start, Enumerable.Repeat("[", depth));
                    break;
                case 7:
                    var (from, length) = ValueAt(tokens, random.NextInt32(tokens.Count));
                    var piece = tokens.GetRange(from, length);
                    tokens.RemoveRange(start, count);
                    tokens.InsertRange(start, piece);
                    break;
                case 8:
                    var other = Tokens(others[random.NextInt32(others.Count)]);
                    if (other.Count == 0) break;
                    var (begin, size) = ValueAt(other, random.NextInt32(other.Count));
                    tokens.RemoveRange(start, count);
                    tokens.InsertRange(start, other.GetRange(begin, size));
                    break;
                case 9 when tokens[at] is ['"', .., '"'] text && text.Length > 2:
                    tokens[at] = text.Insert(1 + random.NextInt32(text.Length - 1), Escaped(Extremes.Text(random)));
                    break;
                case 10 when random.Chance(0.2):
                    tokens.RemoveAt(random.NextInt32(tokens.Count));
                    break;
                case 11 when random.Chance(0.1):
                    tokens[at] = tokens[random.NextInt32(tokens.Count)];
                    break;
                default:
                    // A name or a value of the same kind from elsewhere.
                    var kind = tokens[at][0];
                    var same = tokens.Where(t => t[0] == kind || (IsNumber(t) && IsNumber(tokens[at]))).ToList();
                    if (kind is not ('{' or '[')) tokens[at] = same[random.NextInt32(same.Count)];
                    break;
            }
        }

        return Raw.GetBytes(string.Concat(tokens));
    }

    private static List<string> Tokens(byte[] json) =>
        [.. Token().Matches(Raw.GetString(json.AsSpan(0, Math.Min(json.Length, 200_000)))).Select(m => m.Value)];

    // A value or a name, hardly ever what stands between them.
    private static int Chosen(List<string> tokens, RandomStream random)
    {
        for (var attempt = 0; attempt < 20; attempt++)
        {
            var at = random.NextInt32(tokens.Count);
            if (tokens[at][0] is '"' or '{' or '[' || char.IsAsciiLetterOrDigit(tokens[at][0]) || tokens[at][0] == '-') return at;
        }

        return random.NextInt32(tokens.Count);
    }

    private static bool IsNumber(string token) => token[0] is '-' or (>= '0' and <= '9');

    // The token, with all up to the end of what it opens.
    private static (int Start, int Count) ValueAt(List<string> tokens, int at)
    {
        if (tokens[at] is not ("{" or "[")) return (at, 1);
        var depth = 0;
        for (var i = at; i < tokens.Count; i++)
        {
            if (tokens[i] is "{" or "[") depth++;
            else if (tokens[i] is "}" or "]" && --depth == 0) return (at, i - at + 1);
        }

        return (at, 1);
    }

    private static void RemoveWithComma(List<string> tokens, int start, int count)
    {
        // With the name in front of it.
        if (start >= 2 && tokens[start - 1] == ":") (start, count) = (start - 2, count + 2);
        tokens.RemoveRange(start, count);
        if (start < tokens.Count && tokens[start] == ",") tokens.RemoveAt(start);
        else if (start > 0 && start - 1 < tokens.Count && tokens[start - 1] == ",") tokens.RemoveAt(start - 1);
    }

    private static string Quoted(string text) => $"\"{Escaped(text)}\"";

    private static string Escaped(string text)
    {
        var result = new StringBuilder();
        foreach (var c in text)
        {
            if (c is '"') result.Append("\\\"");
            else if (c is >= ' ' and < (char)0x7f) result.Append(c);
            else result.Append("\\u").Append(((int)c).ToString("x4", System.Globalization.CultureInfo.InvariantCulture));
        }

        return result.ToString();
    }

    [GeneratedRegex("\"(?:[^\"\\\\]|\\\\.)*\"?|[-+0-9.eE]+|[a-zA-Z]+|\\s+|.", RegexOptions.Singleline, matchTimeoutMilliseconds: 60_000)]
    private static partial Regex Token();
}
