namespace Ark.Inference;

/// <summary>A section of configuration that another package reads.</summary>
/// <param name="Path">Its path, such as <c>Ark:Training</c>.</param>
internal sealed record KnownSection(string Path);
