using System.Globalization;
using Ark.Data;
using Ark.Phantom;
using Ark.Training;
using Microsoft.Extensions.DependencyInjection;

namespace Ark.Benchmarks;

/// <summary>
/// Memory of a whole training run, from files to checkpoints, every hundred steps: what is resident, and of that what .NET's own heap does
/// not account for.
/// </summary>
internal static class TrainingMemoryBenchmark
{
    private const int Every = 100;

    public static async Task<int> RunAsync(int steps)
    {
        var scratch = Directory.CreateTempSubdirectory("ark-memory-");
        try
        {
            await PhantomDatasets.WriteAsync(
                Path.Combine(scratch.FullName, "phantom"), new PhantomDatasetOptions { Count = 400, Seed = 1 });
            await using var services = new ServiceCollection().AddArk().AddTraining().Services.BuildServiceProvider();
            var datasets = services.GetRequiredService<ArkDatasets>();
            var options = TrainingOptions.ForRecipe(TrainingRecipe.ArkPlus);
            (options.Architecture, options.ProjectorFeatures, options.BatchSize, options.EmaMode) = (
                "swin_mini", 192, 8, EmaMode.Iteration);
            // An epoch has at least 30 steps; the run is stopped when it has made enough.
            (options.Epochs, options.WarmupEpochs, options.EvaluationInterval, options.LogInterval, options.PixelBaseline) = (
                (steps / 30) + 1, 0, 1000, 1, false);
            using var readings = new Readings(steps);
            var run = new TrainingRun
            {
                Datasets = [.. DatasetCatalogue.Load(Path.Combine(scratch.FullName, "phantom", "phantom.yaml"))
                    .Select()
                    .Select(datasets.Create)],
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

    private sealed class Readings(int steps) : IProgress<TrainingProgress>, IDisposable
    {
        private readonly CancellationTokenSource _enough = new();
        private readonly List<(double Resident, double Native)> _megabytes = [];
        private (int Epoch, string? Dataset, int Step) _at;
        private int _steps;

        public CancellationToken Enough => _enough.Token;

        public void Report(TrainingProgress value)
        {
            // The end of a pass is said after its last step, and of the same place.
            var at = (value.Epoch, value.Dataset, value.Step);
            if (value.Phase != TrainingPhase.Training || value.Step == 0 || at == _at) return;
            _at = at;
            if (++_steps % Every == 0)
            {
                var resident = Environment.WorkingSet;
                _megabytes.Add((resident / 1e6, (resident - GC.GetGCMemoryInfo(GCKind.Any).TotalCommittedBytes) / 1e6));
            }

            if (_steps == steps) _enough.Cancel();
        }

        public void Dispose() => _enough.Dispose();

        public async Task WriteAsync()
        {
            await WriteAsync("resident memory", m => m.Resident);
            await WriteAsync("native memory (without .NET's heap)", m => m.Native);
        }

        private async Task WriteAsync(string what, Func<(double Resident, double Native), double> of)
        {
            var values = _megabytes.ConvertAll(m => of(m));
            await Console.Out.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"{what} in MB after each {Every} steps:"));
            await Console.Out.WriteLineAsync(string.Join(' ', values.Select(m => m.ToString("F0", CultureInfo.InvariantCulture))));
            await Console.Out.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"after the first hundred: "
                + $"{100 * ((values.Min() / values[0]) - 1):+0.0;-0.0} % to {100 * ((values.Max() / values[0]) - 1):+0.0;-0.0} %"));
        }
    }
}
