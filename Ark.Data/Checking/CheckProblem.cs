namespace Ark.Data;

/// <summary>Something that is wrong, or worth a look, in a dataset.</summary>
/// <param name="File">The list or image.</param>
/// <param name="Line">The line of the list, from 1; <see langword="null"/> where it is the whole file.</param>
/// <param name="Message">What it is, in one line.</param>
public sealed record CheckProblem(string File, long? Line, string Message);
