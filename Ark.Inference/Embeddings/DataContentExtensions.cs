using Microsoft.Extensions.AI;

namespace Ark.Inference;

/// <summary>Reads images that come as <see cref="DataContent"/>.</summary>
internal static class DataContentExtensions
{
    /// <summary>The image of a content; what it really is, is told by its bytes, not by its media type.</summary>
    /// <param name="content">The content.</param>
    /// <param name="index">Its place among the values, for messages about one without a name.</param>
    public static ImageSource ToImage(this DataContent content, int index)
    {
        ArgumentNullException.ThrowIfNull(content);
        return new EncodedImage(content.Data, content.Name ?? $"image {index + 1}");
    }
}
