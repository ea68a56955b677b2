namespace Ark.Inference;

/// <summary>An image and the name under which its row is found again.</summary>
/// <param name="Name">The name.</param>
/// <param name="Image">Where the pixels come from.</param>
public sealed record NamedImage(string Name, ImageSource Image);
