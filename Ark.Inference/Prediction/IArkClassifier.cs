using Ark.Models;
using Microsoft.Extensions.AI;

namespace Ark.Inference;

/// <summary>
/// Probabilities of findings in radiographs. Thread-safe; concurrent callers share batches, and results do not depend on who shares one. A
/// host gets it from <c>AddArk().AddModel(name, …)</c> as the keyed service of that name; the first model is the unkeyed service too.
/// </summary>
/// <remarks>
/// Take it in applications: it decodes and prepares images, calibrates, and batches callers. For many images at once take
/// <see cref="ImagePredictor"/> with a <see cref="LoadedModel"/>, for tensors that are prepared already
/// <see cref="Models.InferenceEngine"/>, and for gradients <see cref="Models.ArkModel"/>.
/// </remarks>
public interface IArkClassifier
{
    /// <summary>The model's heads: the dataset that each was trained on, and its labels.</summary>
    IReadOnlyList<ArkHead> Heads { get; }

    /// <summary>Classifies an encoded image.</summary>
    /// <param name="image">A PNG, JPEG, TIFF, WebP, BMP, GIF or DICOM file's bytes.</param>
    /// <param name="cancellationToken">Leaves the queue.</param>
    /// <returns>The probabilities of every head.</returns>
    /// <exception cref="ArkInputException">The image cannot be read.</exception>
    /// <exception cref="OperationCanceledException">The caller gave up.</exception>
    /// <exception cref="ObjectDisposedException">The host shuts down.</exception>
    Task<ImagePrediction> ClassifyAsync(DataContent image, CancellationToken cancellationToken = default);

    /// <summary>Classifies an image from wherever it comes.</summary>
    /// <param name="image">The image: an <see cref="ImageFile"/>, an <see cref="EncodedImage"/>, or a source of your own.</param>
    /// <param name="cancellationToken">Leaves the queue.</param>
    /// <returns>The probabilities of every head.</returns>
    /// <exception cref="ArkInputException">The image cannot be read.</exception>
    /// <exception cref="OperationCanceledException">The caller gave up.</exception>
    /// <exception cref="ObjectDisposedException">The host shuts down.</exception>
    Task<ImagePrediction> ClassifyAsync(ImageSource image, CancellationToken cancellationToken = default);
}
