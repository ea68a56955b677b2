namespace Ark.Data;

/// <summary>A line of a list file that holds a row.</summary>
/// <param name="Number">Its number in the file, from 1.</param>
/// <param name="Text">The text without its line end and without blanks around it.</param>
internal readonly record struct ListLine(int Number, string Text);
