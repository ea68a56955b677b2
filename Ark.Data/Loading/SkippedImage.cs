namespace Ark.Data;

/// <summary>An image that a loader left out.</summary>
/// <param name="Index">Its index among the loader's samples.</param>
/// <param name="Image">Its name: for a file, the path.</param>
/// <param name="Reason">Why it could not be read.</param>
internal sealed record SkippedImage(int Index, string Image, string Reason);
