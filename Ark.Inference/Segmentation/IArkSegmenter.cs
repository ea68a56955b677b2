using Microsoft.Extensions.AI;

namespace Ark.Inference;

/// <summary>
/// Finds structures in radiographs. Thread-safe; results do not depend on who else calls. A host gets it from
/// <c>AddArk().AddSegmenter(name, …)</c> as the keyed service of that name; the first one is the unkeyed service too.
/// </summary>
public interface IArkSegmenter
{
    /// <summary>The structures that it finds.</summary>
    IReadOnlyList<string> Structures { get; }

    /// <summary>Finds the structures in an encoded image.</summary>
    /// <param name="image">A PNG, JPEG, TIFF, WebP, BMP, GIF or DICOM file's bytes.</param>
    /// <param name="cancellationToken">Leaves the queue.</param>
    /// <returns>The masks in the image's own grid.</returns>
    /// <exception cref="ArkInputException">The image cannot be read.</exception>
    /// <exception cref="OperationCanceledException">The caller gave up.</exception>
    /// <exception cref="ObjectDisposedException">The host shuts down.</exception>
    Task<ImageSegmentation> SegmentAsync(DataContent image, CancellationToken cancellationToken = default);

    /// <summary>Finds the structures in an image from wherever it comes.</summary>
    /// <param name="image">The image: an <see cref="ImageFile"/>, an <see cref="EncodedImage"/>, or a source of your own.</param>
    /// <param name="cancellationToken">Leaves the queue.</param>
    /// <returns>The masks in the image's own grid.</returns>
    /// <exception cref="ArkInputException">The image cannot be read.</exception>
    /// <exception cref="OperationCanceledException">The caller gave up.</exception>
    /// <exception cref="ObjectDisposedException">The host shuts down.</exception>
    Task<ImageSegmentation> SegmentAsync(ImageSource image, CancellationToken cancellationToken = default);
}
