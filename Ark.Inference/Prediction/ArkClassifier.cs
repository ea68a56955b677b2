using Ark.Models;
using Microsoft.Extensions.AI;

namespace Ark.Inference;

/// <summary>Classifies through a model's service.</summary>
/// <param name="service">Runs the model; borrowed.</param>
/// <param name="calibration">Corrects the probabilities, where there is one.</param>
internal sealed class ArkClassifier(ModelService service, Calibration? calibration) : IArkClassifier
{
    private readonly HeadActivation _activation = new(service.Heads, calibration);

    public IReadOnlyList<ArkHead> Heads { get; } = [.. service.Heads.Select(h => h.Head)];

    public Task<ImagePrediction> ClassifyAsync(DataContent image, CancellationToken cancellationToken = default) =>
        ClassifyAsync(image.ToImage(0), cancellationToken);

    public async Task<ImagePrediction> ClassifyAsync(ImageSource image, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(image);
        return _activation.Describe(
            image.Name, await service.RunAsync(image, InferenceOutputs.Logits, cancellationToken).ConfigureAwait(false));
    }
}
