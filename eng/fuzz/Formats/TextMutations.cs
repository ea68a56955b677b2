using System.Text;

namespace Ark.Fuzz;

/// <summary>Lists, tables and YAML changed line by line and field by field.</summary>
internal static class TextMutations
{
    private static readonly Encoding Raw = Encoding.Latin1;

    /// <param name="text">The text.</param>
    /// <param name="others">Texts to take lines of.</param>
    /// <param name="separators">What separates fields.</param>
    /// <param name="words">Words that mean something in this format.</param>
    /// <param name="random">Decides all.</param>
    public static byte[] Apply(byte[] text, IReadOnlyList<byte[]> others, string separators, string[] words, RandomStream random)
    {
        var lines = Raw.GetString(text).Split('\n').ToList();
        for (var change = Extremes.FurtherChanges(random); change >= 0; change--)
        {
            if (lines.Count == 0) lines.Add("");
            var at = random.NextInt32(lines.Count);
            switch (random.NextInt32(14))
            {
                case 0:
                    lines.RemoveAt(at);
                    break;
                case 1:
                    var times = random.NextInt32(random.Chance(0.05) ? 500 : 3);
                    lines.InsertRange(at, Enumerable.Repeat(lines[at], times + 1));
                    break;
                case 2:
                    var second = random.NextInt32(lines.Count);
                    (lines[at], lines[second]) = (lines[second], lines[at]);
                    break;
                case 3:
                    var other = Raw.GetString(others[random.NextInt32(others.Count)]).Split('\n');
                    lines.Insert(at, other[random.NextInt32(other.Length)]);
                    break;
                case 4:
                    lines[at] = new string(' ', random.NextInt32(9)) + lines[at].TrimStart(random.Chance(0.5) ? ' ' : '\0');
                    break;
                case 5:
                    lines[at] = random.Chance(0.5) ? lines[at] + "\r" : lines[at].TrimEnd('\r');
                    break;
                case 6 or 7:
                    lines[at] = WithField(lines[at], separators, _ => Utf8(Extremes.Number(random)), random);
                    break;
                case 8:
                    lines[at] = WithField(lines[at], separators, _ => Utf8(Extremes.Text(random)), random);
                    break;
                case 9:
                    lines[at] = WithField(lines[at], separators, f => $"\"{f}\"", random);
                    break;
                case 10:
                    lines[at] = WithField(lines[at], separators, _ => words[random.NextInt32(words.Length)], random);
                    break;
                case 11:
                    var place = random.NextInt32(lines[at].Length + 1);
                    var piece = random.Chance(0.5) ? words[random.NextInt32(words.Length)] : Utf8(Extremes.Text(random));
                    lines[at] = lines[at].Insert(place, piece);
                    break;
                case 12:
                    lines[at] += separators[random.NextInt32(separators.Length)] + WithField(lines[at], separators, f => f, random);
                    break;
                default:
                    lines[at] = lines[at].Length == 0 ? "" : lines[at].Remove(random.NextInt32(lines[at].Length), 1);
                    break;
            }
        }

        return Raw.GetBytes(string.Join('\n', lines));
    }

    private static string WithField(string line, string separators, Func<string, string> change, RandomStream random)
    {
        var starts = new List<int> { 0 };
        for (var i = 0; i < line.Length; i++)
        {
            if (separators.Contains(line[i], StringComparison.Ordinal)) starts.Add(i + 1);
        }

        var n = random.NextInt32(starts.Count);
        var end = n + 1 < starts.Count ? starts[n + 1] - 1 : line.Length;
        return line[..starts[n]] + change(line[starts[n]..end]) + line[end..];
    }

    private static string Utf8(string text) => Raw.GetString(Encoding.UTF8.GetBytes(text));
}
