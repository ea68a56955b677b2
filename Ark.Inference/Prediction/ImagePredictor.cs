namespace Ark.Inference;

/// <summary>Predicts many images one after another, as <c>ark predict</c> does.</summary>
/// <param name="decoder">Decodes images.</param>
internal sealed class ImagePredictor(IImageDecoder decoder)
{
    /// <summary>Predicts images.</summary>
    /// <param name="model">The model; borrowed.</param>
    /// <param name="images">The images.</param>
    /// <param name="request">What is wanted of them.</param>
    /// <param name="predicted">Takes the prediction of each image that can be read, in order, on one thread.</param>
    /// <param name="progress">Is told what happens.</param>
    /// <param name="cancellationToken">Ends the work early.</param>
    /// <exception cref="ArkInputException">An image cannot be read, or a head or finding is unknown.</exception>
    public Task PredictAsync(
        LoadedModel model, IReadOnlyList<NamedImage> images, PredictionRequest request, Action<RequestedPrediction> predicted,
        IProgress<WorkProgress>? progress, CancellationToken cancellationToken) =>
        OwnThread.RunAsync(() => Predict(model, images, request, predicted, progress, cancellationToken), cancellationToken);

    private void Predict(LoadedModel model, IReadOnlyList<NamedImage> images, PredictionRequest request, Action<RequestedPrediction> predicted, IProgress<WorkProgress>? progress, CancellationToken cancellationToken)
    {
        var runner = new ModelRunner(model, request.Precision);
        if (request.Head is { } head && runner.Heads.All(h => h.Name != head))
            throw new ArkInputException("checkpoint", $"head '{head}'", "the model has no such head", NameSuggestion.For(head, [.. runner.Heads.Select(h => h.Name)], "It has"));
        var activation = new HeadActivation(runner.Heads, request.Calibration?.CheckedFor(model.Weights, runner.Heads));
        var findings = new FindingReader(runner.Heads, request.Combination);
        var asked = request.Findings.Select(f => (Name: f, Places: findings.RequirePlacesOf(f))).ToList();
        var samples = images.Select(i => new ImageSample(i.Image, [])).ToList();
        var reader = new DatasetReader(decoder, request.Reading with { What = "predicting" });
        foreach (var (index, logits) in reader.ReadLogits(runner, samples, progress, cancellationToken))
        {
            var probabilities = activation.MeanOverViews(logits);
            var all = activation.Describe(images[index].Name, probabilities);
            predicted(new RequestedPrediction(
                all with { Heads = [.. all.Heads.Where(h => request.Head is null || h.Name == request.Head)] },
                [.. asked.Select(f => new FindingProbability(f.Name, findings.Combine(f.Places, probabilities), findings.SourcesOf(f.Name)))]));
        }
    }
}
