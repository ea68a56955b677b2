namespace Ark;

/// <summary>A row of a list.</summary>
/// <param name="File">The list.</param>
/// <param name="Line">The line where the row starts, from 1.</param>
public readonly record struct ListPlace(string File, long Line);
