using System.Text.Json.Nodes;
using static TorchSharp.torch;

namespace Ark.Training;

/// <summary>Trains segmentation networks on one dataset. Thread-safe.</summary>
/// <param name="decoder">Decodes images and masks.</param>
public sealed class SegmentationTrainer(IImageDecoder decoder)
{
    /// <summary>What goes on with a run that was stopped.</summary>
    internal const string ResumeCommand = "ark segment train --resume";

    /// <summary>Trains, tests the weights with the lowest validation loss, and writes the run's folder. The test split takes part in no choice.</summary>
    /// <param name="run">What to train.</param>
    /// <param name="progress">Is told what happens; may be called from any thread.</param>
    /// <param name="cancellationToken">Ends the work at the next step; the folder then holds a state to go on from.</param>
    /// <returns>The figures.</returns>
    /// <exception cref="ArkInputException">An option, a list, an image, a mask or the weight file cannot be used.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    /// <exception cref="TrainingStoppedException">The folder cannot be written, or training diverged.</exception>
    public async Task<SegmentationResult> TrainAsync(SegmentationRun run, IProgress<TrainingProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(run);
        run.Options.Validate();
        run.Options.RequireDevice();
        var options = run.Options.Clone();
        var data = await PreparedSegmentation.ReadAsync(run.Dataset, cancellationToken).ConfigureAwait(false);
        var reporter = new ProgressReporter(progress);
        if (data.SelectsOnTest) reporter.Message($"{data.Name}: validation and test are the same images, so the test figures are not independent of the choice of epoch.", warning: true);
        var description = run.Resume ? null : SegmentationDescription.Of(options, data.Structures);
        using var directory = RunDirectory.Open(run.Directory, run.Resume);
        directory.ResumeCommand = ResumeCommand;
        description ??= File.Exists(directory.LastCheckpoint) ? SegmentationCheckpoint.ReadDescription(directory.LastCheckpoint, options, data) : SegmentationDescription.Of(options, data.Structures);
        if (!run.Resume) directory.WriteConfig(Configuration(run, options, data));
        // Tensors and dispose scopes belong to a thread, and training would block a pool thread for hours.
        return await Task.Factory.StartNew(() =>
        {
            using var session = new SegmentationSession(options, data, description, directory, run.Resume, decoder, reporter);
            return session.Run(cancellationToken);
        }, cancellationToken, TaskCreationOptions.LongRunning, TaskScheduler.Default).ConfigureAwait(false);
    }

    private static JsonObject Configuration(SegmentationRun run, SegmentationOptions options, PreparedSegmentation data) => new()
    {
        ["kind"] = SegmentationCheckpoint.Kind,
        ["ark_version"] = typeof(SegmentationTrainer).Assembly.GetName().Version!.ToString(3),
        ["torchsharp_version"] = typeof(TorchSharp.torch).Assembly.GetName().Version!.ToString(3),
        ["runtime"] = System.Runtime.InteropServices.RuntimeInformation.FrameworkDescription,
        ["threads"] = get_num_threads(),
        ["catalogue"] = run.Catalogue,
        ["catalogue_options"] = run.CatalogueOptions is { } set ? new JsonObject(set.Select(o => KeyValuePair.Create(o.Key, (JsonNode?)o.Value))) : null,
        ["seed"] = options.Seed,
        ["options"] = OptionTables.Segmentation.ToJson(options),
        ["datasets"] = new JsonArray(new JsonObject
        {
            ["name"] = data.Name,
            ["structures"] = new JsonArray([.. data.Structures.Select(s => (JsonNode)s)]),
            ["train"] = data.Train.Count,
            ["validation"] = data.Validation.Count,
            ["test"] = data.Test.Count,
        }),
    };
}
