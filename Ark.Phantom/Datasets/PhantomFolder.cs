namespace Ark.Phantom;

/// <summary>A folder of phantom datasets.</summary>
/// <param name="Catalogue">The full path of its <c>phantom.yaml</c>.</param>
/// <param name="Images">How many images it holds.</param>
/// <param name="Reused">Whether it was complete already, so that nothing was rendered.</param>
public sealed record PhantomFolder(string Catalogue, int Images, bool Reused);
