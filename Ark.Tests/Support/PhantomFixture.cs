using Ark.Data;
using Ark.Phantom;
using Ark.Training;
using Microsoft.Extensions.DependencyInjection;

namespace Ark.Tests;

/// <summary>A small phantom on disk, rendered once for all tests that train, and what trains on it.</summary>
public sealed class PhantomFixture : IAsyncLifetime
{
    private readonly ServiceProvider _services = new ServiceCollection().AddArk().AddTraining().Services.BuildServiceProvider();

    /// <summary>The two smallest datasets, for runs in which the others would only take time.</summary>
    public static string[] Small => ["PhantomPneumothorax", "PhantomView"];

    public string Folder { get; } = Path.Combine(Path.GetTempPath(), "ark-tests-" + Guid.NewGuid().ToString("N"));

    public string Catalogue => Path.Combine(Folder, "phantom", "phantom.yaml");

    public async ValueTask InitializeAsync() =>
        await PhantomDatasets.WriteAsync(Path.Combine(Folder, "phantom"), new PhantomDatasetOptions { Count = 240, Seed = 5 });

    public async ValueTask DisposeAsync()
    {
        await _services.DisposeAsync();
        Directory.Delete(Folder, recursive: true);
    }

    /// <summary>A run of two short epochs over all four datasets, or some of them.</summary>
    internal TrainingRun Run(string? name, Action<TrainingOptions>? change = null, string[]? only = null)
    {
        var options = TrainingOptions.ForRecipe(TrainingRecipe.ArkPlus);
        options.Architecture = "swin_mini";
        options.ImageSize = 32;
        options.ProjectorFeatures = 16;
        options.Epochs = 2;
        options.WarmupEpochs = 0;
        options.BatchSize = 16;
        options.EvaluationInterval = 1;
        options.EmaMode = EmaMode.Iteration;
        change?.Invoke(options);
        var datasets = _services.GetRequiredService<ArkDatasets>();
        return new TrainingRun
        {
            Datasets = [.. DatasetCatalogue.Load(Catalogue).Select(only).Select(datasets.Create)],
            Options = options,
            Directory = name is null ? null : Path.Combine(Folder, name),
            Catalogue = Catalogue,
        };
    }

    internal Task<TrainingResult> TrainAsync(
        TrainingRun run, IProgress<TrainingProgress>? progress = null, CancellationToken cancellationToken = default) =>
        _services.GetRequiredService<IArkTrainer>().TrainAsync(run, progress, cancellationToken);
}
