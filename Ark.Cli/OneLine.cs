namespace Ark.Cli;

/// <summary>Makes text out of a file fit for a terminal: names in it may hold control characters.</summary>
internal static class OneLine
{
    public static string Of(string text) => string.Create(text.Length, text, static (span, source) =>
    {
        for (var i = 0; i < span.Length; i++) span[i] = char.IsControl(source[i]) ? ' ' : source[i];
    });
}
