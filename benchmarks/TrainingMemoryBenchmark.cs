using System.Globalization;
using Ark.Data;
using Ark.Training;
using Microsoft.Extensions.DependencyInjection;

namespace Ark.Benchmarks;

/// <summary>Resident memory of a whole training run, from files to checkpoints, every hundred steps.</summary>
internal static class TrainingMemoryBenchmark
{
    private const int Every = 100;

    public static async Task<int> RunAsync(int steps)
    {
        var scratch = Directory.CreateTempSubdirectory("ark-memory-");
        try
        {
            await PhantomDatasets.WriteAsync(Path.Combine(scratch.FullName, "phantom"), new PhantomDatasetOptions { Count = 400, Seed = 1 });
            await using var services = new ServiceCollection().AddArk().Services.BuildServiceProvider();
            var datasets = services.GetRequiredService<ArkDatasets>();
            var options = TrainingOptions.ForRecipe(TrainingRecipe.ArkPlus);
            (options.Architecture, options.ProjectorFeatures, options.BatchSize, options.EmaMode) = ("swin_mini", 192, 8, EmaMode.Iteration);
            // An epoch has at least 30 steps; the run is stopped when it has made enough.
            (options.Epochs, options.WarmupEpochs, options.TestEvery, options.PrintEvery, options.PixelBaseline) = ((steps / 30) + 1, 0, 1000, 1, false);
            var readings = new Readings(steps);
            var run = new TrainingRun
            {
                Datasets = [.. DatasetCatalogue.Load(Path.Combine(scratch.FullName, "phantom", "phantom.yaml")).Select().Select(datasets.Create)],
                Options = options,
                Directory = Path.Combine(scratch.FullName, "run"),
            };
            try
            {
                await services.GetRequiredService<IArkTrainer>().TrainAsync(run, readings, readings.Enough);
            }
            catch (OperationCanceledException)
            {
                // As planned.
            }

            await readings.WriteAsync();
            return 0;
        }
        finally
        {
            scratch.Delete(recursive: true);
        }
    }

    private sealed class Readings(int steps) : IProgress<TrainingProgress>
    {
        private readonly CancellationTokenSource _enough = new();
        private readonly List<double> _megabytes = [];
        private int _steps;

        public CancellationToken Enough => _enough.Token;

        public void Report(TrainingProgress value)
        {
            if (value.Message?.Contains(" step ", StringComparison.Ordinal) != true) return;
            if (++_steps % Every == 0) _megabytes.Add(Environment.WorkingSet / 1e6);
            if (_steps == steps) _enough.Cancel();
        }

        public async Task WriteAsync()
        {
            await Console.Out.WriteLineAsync("resident memory in MB after each " + Every.ToString(CultureInfo.InvariantCulture) + " steps:");
            await Console.Out.WriteLineAsync(string.Join(' ', _megabytes.Select(m => m.ToString("F0", CultureInfo.InvariantCulture))));
            var first = _megabytes[0];
            await Console.Out.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"after the first hundred: {100 * ((_megabytes.Min() / first) - 1):+0.0;-0.0} % to {100 * ((_megabytes.Max() / first) - 1):+0.0;-0.0} %"));
        }
    }
}
