namespace Ark.Tests.Documents;

/// <summary>A fenced block of code.</summary>
/// <param name="Document">The document.</param>
/// <param name="Line">The line of the opening fence.</param>
/// <param name="Language">As the fence says; may be empty.</param>
/// <param name="Remark">What the fence says after the language: <c>run</c> where the block is run, not only compiled.</param>
/// <param name="Lines">The code.</param>
internal sealed record CodeBlock(string Document, int Line, string Language, string Remark, IReadOnlyList<string> Lines)
{
    public string Code => string.Join('\n', Lines);

    public string Place => $"{Document}:{Line}";
}
