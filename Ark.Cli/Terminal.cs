namespace Ark.Cli;

/// <summary>
/// Where a command writes: results to <paramref name="Out"/>, everything about the way there to <paramref name="Error"/>.
/// </summary>
/// <param name="Out">Results: tables and JSON.</param>
/// <param name="Error">Progress, warnings and errors.</param>
/// <param name="IsLive">Whether a person watches, so that one line can be written over and over.</param>
internal sealed record Terminal(TextWriter Out, TextWriter Error, bool IsLive);
