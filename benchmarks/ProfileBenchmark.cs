using System.Globalization;
using Ark.Models;
using static TorchSharp.torch;

namespace Ark.Benchmarks;

/// <summary>Where the engine's time goes, and how fast the innermost product is by itself.</summary>
internal sealed class ProfileBenchmark(string folder, TextWriter report)
{
    private const int Passes = 30;

    public void Run(string name, int threads, int batch)
    {
        set_num_threads(threads);
        using var model = ArkModel.Load(BenchmarkModels.Checkpoint(folder, name));
        using var generator = new Generator(3);
        using var images = randn([batch, 3, model.Backbone.ImageHeight, model.Backbone.ImageWidth], generator: generator);
        report.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{name}, {threads} threads, batch {batch}; the innermost product "
            + $"alone on {threads} threads: {KernelSpeed(threads) / 1e9:F0} GFLOP/s (fp32)\n"));
        report.WriteLine("| precision | work | ms an image | share | GFLOP/s |");
        report.WriteLine("|---|---|---|---|---|");
        foreach (var precision in Enum.GetValues<InferencePrecision>())
        {
            using var engine = InferenceEngine.Create(model, precision);
            var passes = new List<PassProfile>();
            for (var i = 0; i < Passes; i++)
            {
                var profile = new PassProfile();
                engine.Profile = profile;
                engine.Pooled(images).Dispose();
                passes.Add(profile);
            }

            // The quickest third: other processes only ever add.
            var best = passes.OrderBy(p => p.Spent.Values.Sum(s => s.Seconds)).Take(Passes / 3).ToList();
            var work = best[0].Spent.Keys.Select(k => (
                Name: k, Seconds: Contest.Median(best.Select(b => b.Spent[k].Seconds)), best[0].Spent[k].Flops)).ToList();
            var total = work.Sum(w => w.Seconds);
            foreach (var (part, seconds, flops) in work)
            {
                var rate = flops > 0 ? (flops / seconds / 1e9).ToString("F0", CultureInfo.InvariantCulture) : "";
                report.WriteLine(string.Create(
                    CultureInfo.InvariantCulture,
                    $"| {precision} | {part} | {seconds / batch * 1000:F2} | {seconds / total:P0} | {rate} |"));
            }

            report.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"| {precision} | all | {total / batch * 1000:F1} | | {work.Sum(w => w.Flops) / total / 1e9:F0} |"));
        }
    }

    /// <summary>What all threads reach together on operands that stay near.</summary>
    private static unsafe double KernelSpeed(int threads)
    {
        const int Rows = 208;
        const int Depth = 512;
        var best = 0.0;
        for (var round = 0; round < 30; round++)
        {
            var watch = System.Diagnostics.Stopwatch.StartNew();
            WorkerTeam.Shared.Run(threads, _ =>
            {
                using var a = new NativeBuffer(Rows * Depth * sizeof(float));
                using var b = new NativeBuffer(Depth * TileKernel.Columns * sizeof(float));
                using var c = new NativeBuffer(Rows * TileKernel.Columns * sizeof(float));
                for (var times = 0; times < 200; times++)
                {
                    for (var r = 0; r < Rows; r += TileKernel.Rows)
                        TileKernel.Multiply(
                            a.Floats + (r * Depth), Depth, b.Floats, TileKernel.Columns, c.Floats + (r * TileKernel.Columns),
                            TileKernel.Columns, Depth, TileKernel.Columns, add: false);
                }
            });
            best = Math.Max(best, 2.0 * Rows * Depth * TileKernel.Columns * 200 * threads / watch.Elapsed.TotalSeconds);
        }

        return best;
    }
}
