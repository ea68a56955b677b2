using System.Runtime.CompilerServices;
using System.Threading.Channels;

namespace Ark.Inference;

/// <summary>
/// Predicts many images: workers decode and prepare ahead, the network runs on a thread of its own, and the predictions come as a stream in
/// the order of the images. Thread-safe. A host gets it from <c>AddArk()</c>. For images that come one at a time, from many callers, take
/// <see cref="IArkClassifier"/>.
/// </summary>
/// <param name="decoder">Decodes images.</param>
public sealed class ImagePredictor(IImageDecoder decoder)
{
    /// <summary>Predicts images.</summary>
    /// <param name="model">The model; borrowed until the stream has ended.</param>
    /// <param name="images">The images; see <see cref="ImageInputs"/> for those of folders and lists.</param>
    /// <param name="options">How; <see langword="null"/> for the defaults.</param>
    /// <param name="progress">Is told what happens; may be called from any thread.</param>
    /// <param name="cancellationToken">Ends the work early.</param>
    /// <returns>
    /// The prediction of each image, in order. The work begins with the enumeration, waits while a batch of predictions has not been taken,
    /// and ends where the enumeration does.
    /// </returns>
    /// <exception cref="ArkInputException">
    /// Thrown while the stream is read: an option is out of range, a head or finding is unknown, the calibration is another network's, or
    /// an image cannot be read and <see cref="PredictionOptions.BadImages"/> says to stop.
    /// </exception>
    /// <exception cref="OperationCanceledException">The token was canceled.</exception>
    public IAsyncEnumerable<ImagePrediction> PredictAsync(
        LoadedModel model, IReadOnlyList<NamedImage> images, PredictionOptions? options = null, IProgress<WorkProgress>? progress = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(images);
        return StreamAsync(model, images, options ?? new PredictionOptions(), progress, cancellationToken);
    }

    private async IAsyncEnumerable<ImagePrediction> StreamAsync(
        LoadedModel model, IReadOnlyList<NamedImage> images, PredictionOptions options, IProgress<WorkProgress>? progress,
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        Check(options);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var predictions = Channel.CreateBounded<ImagePrediction>(new BoundedChannelOptions(options.BatchSize)
        {
            SingleReader = true,
            SingleWriter = true,
        });
        var work = OwnThread.RunAsync(
            () => Send(Predict(model, images, options, progress, stop.Token), predictions.Writer, stop.Token), CancellationToken.None);
        try
        {
            await foreach (var prediction in predictions.Reader.ReadAllAsync(cancellationToken).ConfigureAwait(false))
                yield return prediction;
        }
        finally
        {
            // The model is the caller's again once the thread has ended. What went wrong there has come through the channel.
            await stop.CancelAsync().ConfigureAwait(false);
            await work.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private static void Send(
        IEnumerable<ImagePrediction> predictions, ChannelWriter<ImagePrediction> writer, CancellationToken cancellationToken)
    {
        try
        {
            foreach (var prediction in predictions) writer.WriteAsync(prediction, cancellationToken).AsTask().GetAwaiter().GetResult();
            writer.Complete();
        }
        catch (Exception e) when (writer.TryComplete(e))
        {
            throw;
        }
    }

    private IEnumerable<ImagePrediction> Predict(
        LoadedModel model, IReadOnlyList<NamedImage> images, PredictionOptions options, IProgress<WorkProgress>? progress,
        CancellationToken cancellationToken)
    {
        var runner = new ModelRunner(model, options.Precision);
        if (options.Head is { } head && runner.Heads.All(h => h.Name != head))
        {
            throw new ArkInputException("checkpoint", $"head '{head}'", "the model has no such head",
                NameSuggestion.For(head, [.. runner.Heads.Select(h => h.Name)], "It has"));
        }

        var findings = new FindingReader(runner.Heads, options.Combination);
        foreach (var finding in options.Findings) findings.RequirePlacesOf(finding);
        var activation = new HeadActivation(runner.Heads, options.Calibration?.CheckedFor(model.Weights, runner.Heads));
        var (bad, next) = (new Dictionary<int, string>(), 0);
        var reader = new DatasetReader(decoder, new ReadingOptions
        {
            BatchSize = options.BatchSize,
            Workers = options.Workers,
            Crops = options.Crops,
            BadImages = options.BadImages,
            OnSkipped = skipped => bad.Add(skipped.Index, skipped.Reason),
            What = "predicting",
        });
        foreach (var (index, logits) in reader.ReadLogits(
            runner, [.. images.Select(i => new ImageSample(i.Image, []))], progress, cancellationToken))
        {
            for (; next < index; next++) yield return new ImagePrediction(images[next].Name, []) { Problem = bad[next] };
            yield return Answer(activation.Describe(images[index].Name, activation.MeanOverViews(logits)), options);
            next++;
        }

        for (; next < images.Count; next++) yield return new ImagePrediction(images[next].Name, []) { Problem = bad[next] };
    }

    private static ImagePrediction Answer(ImagePrediction all, PredictionOptions options) => all with
    {
        Heads = options.Head is null ? all.Heads : [.. all.Heads.Where(h => h.Name == options.Head)],
        Findings = [.. options.Findings.Select(f => all.Finding(f, options.Combination)!)],
    };

    private static void Check(PredictionOptions options)
    {
        if (options.Crops is not (1 or 10)) throw Error("Crops", $"{options.Crops} crops are not known", "Give 1 or 10.");
        if (options.BatchSize < 1) throw Error("BatchSize", $"{options.BatchSize} is too few", "Give at least 1.");
        if (options.Workers < 1) throw Error("Workers", $"{options.Workers} is too few", "Give at least 1.");
    }

    private static ArkInputException Error(string option, string problem, string hint) =>
        new("prediction options", $"'{option}'", problem, hint);
}
