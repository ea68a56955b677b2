namespace Ark;

/// <summary>
/// The one exception that Ark throws for input it refuses: a list, an image, a configuration or a checkpoint.
/// Its message is one readable line that names the source, the place in it, the problem and the mend.
/// </summary>
public class ArkInputException : Exception
{
    /// <summary>Creates the exception.</summary>
    /// <param name="source">The file (or option) that is wrong, as the user named it.</param>
    /// <param name="place">Where in the source: <c>line 12</c>, <c>key 'train_list'</c>, <c>entry 'data.pkl'</c>; <see langword="null"/>
    /// for the whole.</param>
    /// <param name="problem">What is wrong, without a final full stop.</param>
    /// <param name="hint">What to do about it, as a sentence; <see langword="null"/> where the problem says it.</param>
    /// <param name="innerException">The cause, if another exception brought this one about.</param>
    public ArkInputException(string source, string? place, string problem, string? hint = null, Exception? innerException = null)
        : base(Compose(source, place, problem, hint), innerException)
    {
        InputSource = source;
        Place = place;
        Problem = problem;
        Hint = hint;
    }

    /// <summary>The file (or option) that is wrong.</summary>
    public string InputSource { get; }

    /// <summary>Where in the source, or <see langword="null"/>.</summary>
    public string? Place { get; }

    /// <summary>What is wrong.</summary>
    public string Problem { get; }

    /// <summary>What to do about it, or <see langword="null"/>.</summary>
    public string? Hint { get; }

    private static string Compose(string source, string? place, string problem, string? hint)
    {
        var where = place is null ? source : $"{source}, {place}";
        return OneLine(hint is null ? $"{where}: {problem}." : $"{where}: {problem}. {hint}");
    }

    // Names come out of hostile files: control characters must not reach a terminal or split a log line.
    private static string OneLine(string text)
    {
        const int longest = 1000;
        var clean = text.Length > longest ? string.Concat(text.AsSpan(0, longest), "…") : text;
        return string.Create(clean.Length, clean, static (span, s) =>
        {
            for (var i = 0; i < span.Length; i++) span[i] = char.IsControl(s[i]) ? ' ' : s[i];
        });
    }
}
