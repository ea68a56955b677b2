using System.Diagnostics;
using System.Globalization;
using Ark.Data;

namespace Ark.Benchmarks;

/// <summary>
/// Images a second and core: the plain single thread, where there is a Python the original's libraries, the loader, and the loader's second
/// epoch with a cache. Rates per core are by processor time, so that other programs on the machine do not show; the gain of more workers is
/// by the clock.
/// </summary>
/// <param name="count">Images a measurement.</param>
/// <param name="python">A Python that has Pillow and numpy, or <see langword="null"/>.</param>
internal sealed class ThroughputBenchmark(int count, string? python)
{
    private const int Rounds = 5;

    private readonly NetVipsImageDecoder _decoder = new();

    public async Task<int> RunAsync(string folder)
    {
        var scratch = Directory.CreateTempSubdirectory("ark-benchmark-");
        try
        {
            await Console.Out.WriteLineAsync($"{Environment.ProcessorCount} cores, {count} images a measurement, medians of {Rounds} "
                + $"rounds; both views at 224; images per second of one core\n");
            await Console.Out.WriteLineAsync(
                $"{"images",-10}{"plain",8}{"Pillow",8}{"Ark",8}{"/plain",8}{"/Pillow",8}{"cached",8}{"/Ark",7}{"/plain",8}{"decode",8}   "
                    + $"{"workers",8}");
            foreach (var set in ImageSet.Make(folder, scratch.FullName, count))
                await MeasureAsync(set, Path.Combine(scratch.FullName, "cache"));
            return 0;
        }
        finally
        {
            scratch.Delete(recursive: true);
        }
    }

    private async Task MeasureAsync(ImageSet set, string cacheFolder)
    {
        var plain = new PlainPipeline();
        var samples = set.Samples(count);
        using var cache = new ImageCache(cacheFolder);
        // Fills the cache, and lets the compiler finish with the code.
        for (var warm = 0; warm < 8; warm++) await LoadAsync(samples, Environment.ProcessorCount, cache);
        // A loader's buffers are made once a run: a measurement of it is long enough for that not to count.
        var many = set.Samples(Enough((await LoadAsync(samples, 1, null)).ByClock));
        var cachedMany = set.Samples(Enough((await LoadAsync(samples, 1, cache)).ByClock));
        var rounds = new List<Round>();
        // Taken in turn, so that a busy moment of the machine strikes all alike.
        for (var round = 0; round < Rounds; round++)
        {
            var plainRate = Rate(() =>
            {
                for (var i = 0; i < count; i++) plain.Prepare(samples[i].Image.Name, new RandomStream(1, (ulong)i));
            });
            var decode = Rate(() =>
            {
                foreach (var sample in samples) sample.Image.Load(_decoder);
            });
            var pillow = python is null ? double.NaN : await PillowAsync(set);
            var (ark, byClock) = await LoadAsync(many, 1, null);
            var (_, byClockOfAll) = await LoadAsync(many, Environment.ProcessorCount, null);
            rounds.Add(new Round(plainRate, pillow, ark, (await LoadAsync(cachedMany, 1, cache)).PerCore, decode, byClockOfAll / byClock));
        }

        double Median(Func<Round, double> figure) => rounds.Select(figure).Order().ElementAt(Rounds / 2);
        await Console.Out.WriteLineAsync(string.Create(CultureInfo.InvariantCulture,
            $"{set.Name,-10}{Median(r => r.Plain),8:F1}{Median(r => r.Pillow),8:F1}{Median(r => r.Ark),8:F1}"
                + $"{Median(r => r.Ark / r.Plain),8:F2}{Median(r => r.Ark / r.Pillow),8:F2}{Median(r => r.Cached),8:F0}"
                + $"{Median(r => r.Cached / r.Ark),7:F1}{Median(r => r.Cached / r.Plain),8:F1}"
                + $"{Median(r => r.Decode),8:F1}   {Median(r => r.Gain),7:F2}x"));
    }

    private async Task<(double PerCore, double ByClock)> LoadAsync(List<ImageSample> samples, int workers, ImageCache? cache)
    {
        var transform = new TrainingTransform(224, 224, AugmentationRecipe.Ark);
        var loader = new BatchLoader(
            samples, transform, _decoder, new BatchLoaderOptions { BatchSize = 16, Workers = workers, Cache = cache });
        var (watch, before) = (Stopwatch.StartNew(), ProcessorTime());
        await foreach (var batch in loader.ReadAsync(0)) batch.Dispose();
        return (samples.Count / (ProcessorTime() - before).TotalSeconds, samples.Count / watch.Elapsed.TotalSeconds);
    }

    private int Enough(double rate) => Math.Max((int)(rate * 2), count);

    private double Rate(Action work)
    {
        var before = ProcessorTime();
        work();
        return count / (ProcessorTime() - before).TotalSeconds;
    }

    private async Task<double> PillowAsync(ImageSet set)
    {
        var start = new ProcessStartInfo(python!) { RedirectStandardOutput = true, UseShellExecute = false };
        start.Environment["OMP_NUM_THREADS"] = "1";
        foreach (var argument in new[]
        {
            Path.Combine(AppContext.BaseDirectory, "original_steps.py"),
            count.ToString(CultureInfo.InvariantCulture)
        }.Concat(set.Files))
            start.ArgumentList.Add(argument);
        using var process = Process.Start(start)!;
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return double.Parse(output, CultureInfo.InvariantCulture);
    }

    private static TimeSpan ProcessorTime() => Environment.CpuUsage.TotalTime;

    private sealed record Round(double Plain, double Pillow, double Ark, double Cached, double Decode, double Gain);
}
