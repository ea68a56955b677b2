namespace Ark.Training;

/// <summary>The text that sets one option, and where it was written.</summary>
/// <typeparam name="T">The options.</typeparam>
/// <param name="Row">The option.</param>
/// <param name="Value">The text; of the right kind.</param>
/// <param name="Source">A file's name, or <c>command line</c>.</param>
/// <param name="Place">The place in the source, for messages: <c>line 4, key 'lr'</c>, <c>option '--lr'</c>.</param>
internal sealed record OptionText<T>(OptionRow<T> Row, string Value, string Source, string Place)
    where T : OptimizationOptions
{
    /// <summary>What a message says of an option, in the words of the source.</summary>
    public string Word(string name) => Place.Contains("'--", StringComparison.Ordinal) ? "--" + name : $"'{name}'";

    /// <summary>The error for text that cannot be used.</summary>
    public ArkInputException Error(string problem, string hint) => new(Source, Place, problem, hint);
}
