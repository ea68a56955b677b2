using Ark.Data;
using Ark.Evaluation;
using Ark.Inference;
using Ark.Phantom;
using Ark.Training;
using Microsoft.Extensions.DependencyInjection;

namespace Ark.Tests;

/// <summary>
/// A small phantom with masks on disk, rendered once for all tests that train on it, and one network that was trained on it.
/// </summary>
public sealed class MaskedPhantom : IAsyncLifetime
{
    private readonly ServiceProvider _services = new ServiceCollection().AddArk().AddTraining().Services.BuildServiceProvider();

    public string Folder { get; } = Path.Combine(Path.GetTempPath(), "ark-tests-" + Guid.NewGuid().ToString("N"));

    public string Catalogue => Path.Combine(Folder, "phantom", "segmentation.yaml");

    /// <summary>The checkpoint of a network that has seen very little.</summary>
    public string Checkpoint => Path.Combine(PathOf("trained"), "checkpoints", "best.pth.tar");

    public string Picture =>
        Directory.EnumerateFiles(Path.Combine(Folder, "phantom", "PhantomTriage", "images")).Order(StringComparer.Ordinal).First();

    public string PathOf(string name) => Path.Combine(Folder, name);

    public async ValueTask InitializeAsync()
    {
        await PhantomDatasets.WriteAsync(
            Path.Combine(Folder, "phantom"), new PhantomDatasetOptions { Count = 160, Seed = 5, Masks = true });
        await TrainAsync(Run("trained"));
    }

    public async ValueTask DisposeAsync()
    {
        await _services.DisposeAsync();
        Directory.Delete(Folder, recursive: true);
    }

    internal SegmentationDataset Dataset()
    {
        var definition = DatasetCatalogue.Load(Catalogue).Get("PhantomSegmentation");
        return new SegmentationDataset(
            definition.Name, _services.GetRequiredService<SegmentationAdapterRegistry>().Create(definition, _services));
    }

    /// <summary>A run of two short epochs.</summary>
    internal SegmentationRun Run(string name, Action<SegmentationOptions>? change = null)
    {
        var options = new SegmentationOptions
        {
            Architecture = "swin_mini",
            ImageSize = 32,
            Decoder = Ark.Models.UperNetDecoder.Detailed,
            Width = 16,
            Loss = SegmentationLoss.DiceCrossEntropy,
            Optimizer = OptimizerKind.AdamW,
            LearningRate = 0.003,
            Epochs = 2,
            WarmupEpochs = 0,
            BatchSize = 16,
        };
        change?.Invoke(options);
        return new SegmentationRun { Dataset = Dataset(), Options = options, Directory = PathOf(name), Catalogue = Catalogue };
    }

    internal Task<SegmentationResult> TrainAsync(
        SegmentationRun run, IProgress<TrainingProgress>? progress = null, CancellationToken cancellationToken = default) =>
        _services.GetRequiredService<SegmentationTrainer>().TrainAsync(run, progress, cancellationToken);

    internal ServiceProvider Host(Action<ArkSegmenterOptions>? change = null)
    {
        var services = new ServiceCollection();
        services.AddArk().AddSegmenter("organs", o =>
        {
            o.Checkpoint = Checkpoint;
            change?.Invoke(o);
        });
        return services.BuildServiceProvider();
    }
}
