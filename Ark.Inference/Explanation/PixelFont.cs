using System.Collections.Frozen;

namespace Ark.Inference;

/// <summary>
/// Capital letters, digits and a few signs, five pixels high: enough for a legend, on machines that have no fonts at all.
/// </summary>
internal static class PixelFont
{
    private const int Height = 5;

    // Rows from the top, divided by slashes.
    private static readonly FrozenDictionary<char, string[]> Glyphs = new Dictionary<char, string>
    {
        ['A'] = ".#./#.#/###/#.#/#.#",
        ['B'] = "##./#.#/##./#.#/##.",
        ['C'] = ".##/#../#../#../.##",
        ['D'] = "##./#.#/#.#/#.#/##.",
        ['E'] = "###/#../##./#../###",
        ['F'] = "###/#../##./#../#..",
        ['G'] = ".##/#../#.#/#.#/.##",
        ['H'] = "#.#/#.#/###/#.#/#.#",
        ['I'] = "#/#/#/#/#",
        ['J'] = "..#/..#/..#/#.#/.#.",
        ['K'] = "#.#/#.#/##./#.#/#.#",
        ['L'] = "#../#../#../#../###",
        ['M'] = "#...#/##.##/#.#.#/#...#/#...#",
        ['N'] = "#..#/##.#/#.##/#..#/#..#",
        ['O'] = ".#./#.#/#.#/#.#/.#.",
        ['P'] = "##./#.#/##./#../#..",
        ['Q'] = ".##./#..#/#..#/#.#./.#.#",
        ['R'] = "##./#.#/##./#.#/#.#",
        ['S'] = ".##/#../.#./..#/##.",
        ['T'] = "###/.#./.#./.#./.#.",
        ['U'] = "#.#/#.#/#.#/#.#/###",
        ['V'] = "#.#/#.#/#.#/#.#/.#.",
        ['W'] = "#...#/#...#/#.#.#/##.##/#...#",
        ['X'] = "#.#/#.#/.#./#.#/#.#",
        ['Y'] = "#.#/#.#/.#./.#./.#.",
        ['Z'] = "###/..#/.#./#../###",
        ['0'] = "###/#.#/#.#/#.#/###",
        ['1'] = ".#./##./.#./.#./###",
        ['2'] = "##./..#/.#./#../###",
        ['3'] = "###/..#/.##/..#/###",
        ['4'] = "#.#/#.#/###/..#/..#",
        ['5'] = "###/#../##./..#/##.",
        ['6'] = ".##/#../###/#.#/###",
        ['7'] = "###/..#/.#./.#./.#.",
        ['8'] = "###/#.#/###/#.#/###",
        ['9'] = "###/#.#/###/..#/##.",
        ['.'] = "./././././#",
        [','] = "../../../.#/#.",
        ['-'] = ".../.../###/.../...",
        ['_'] = ".../.../.../.../###",
        ['/'] = "..#/..#/.#./#../#..",
        ['='] = ".../###/.../###/...",
        ['('] = ".#/#./#./#./.#",
        [')'] = "#./.#/.#/.#/#.",
        ['%'] = "#.#/..#/.#./#../#.#",
        ['+'] = ".../.#./###/.#./...",
        [' '] = "../../../../..",
        ['?'] = "##./..#/.#./.../.#.",
    }.ToFrozenDictionary(g => g.Key, g => g.Value.Split('/')[^Height..]);

    /// <summary>The width of a text in pixels.</summary>
    public static int Width(string text, int size) => text.Sum(c => (Of(c)[0].Length + 1) * size);

    /// <summary>Draws a text in white; what the font lacks becomes a question mark.</summary>
    public static void Draw(Canvas canvas, int left, int top, int size, string text)
    {
        foreach (var glyph in text.Select(Of))
        {
            for (var y = 0; y < Height * size; y++)
            {
                for (var x = 0; x < glyph[0].Length * size; x++)
                {
                    if (glyph[y / size][x / size] == '#') canvas.Set(left + x, top + y, 255, 255, 255);
                }
            }

            left += (glyph[0].Length + 1) * size;
        }
    }

    private static string[] Of(char c) => Glyphs.GetValueOrDefault(char.ToUpperInvariant(c)) ?? Glyphs['?'];
}
