namespace Ark.Training;

/// <summary>An option as a checkpoint keeps it.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Value">Its value as text; <see langword="null"/> where it is not set.</param>
/// <param name="Default">What a checkpoint means that does not have it.</param>
/// <param name="IsFixed">Whether a run that goes on must have the value that it began with: it decides weights or records.</param>
internal sealed record StoredOption(string Name, string? Value, string? Default, bool IsFixed);
