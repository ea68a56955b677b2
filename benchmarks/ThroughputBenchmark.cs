using System.Diagnostics;
using System.Globalization;
using Ark.Data;

namespace Ark.Benchmarks;

/// <summary>Images a second and core: the plain single thread, the loader with one worker and with one per core, and its second epoch with a cache.</summary>
internal static class ThroughputBenchmark
{
    public static async Task<int> RunAsync(string folder, int count)
    {
        var scratch = Directory.CreateTempSubdirectory("ark-benchmark-");
        try
        {
            await Console.Out.WriteLineAsync($"{Environment.ProcessorCount} cores, {count} images a measurement, the better of two; both views at 224, images/s\n");
            await Console.Out.WriteLineAsync($"{"images",-12}{"plain",9}{"1 worker",10}{"ratio",7}{"all cores",11}{"scaling",9}{"cached",9}{"ratio",7}   (decode alone)");
            foreach (var set in ImageSet.Make(folder, scratch.FullName, count)) await MeasureAsync(set, count, Path.Combine(scratch.FullName, "cache"));
            return 0;
        }
        finally
        {
            scratch.Delete(recursive: true);
        }
    }

    private static async Task MeasureAsync(ImageSet set, int count, string cacheFolder)
    {
        var plain = new PlainPipeline();
        var decoder = new NetVipsImageDecoder();
        var samples = set.Samples(count);
        var transform = new TrainingTransform(224, 224, AugmentationRecipe.Ark);
        double BaseLine() => Rate(count, () =>
        {
            for (var i = 0; i < count; i++) plain.Prepare(samples[i].Image.Name, new RandomStream(1, (ulong)i));
        });
        double Decoding() => Rate(count, () =>
        {
            foreach (var sample in samples) sample.Image.Load(decoder);
        });
        async Task<double> Loading(int workers, ImageCache? cache)
        {
            var loader = new BatchLoader(samples, transform, decoder, new BatchLoaderOptions { BatchSize = 16, Workers = workers, Cache = cache });
            var watch = Stopwatch.StartNew();
            await foreach (var batch in loader.ReadAsync(0)) batch.Dispose();
            return count / watch.Elapsed.TotalSeconds;
        }

        // Taken in turn, so that a busy moment of the machine strikes all alike.
        double plainRate = 0, one = 0, all = 0, decode = 0, cached = 0;
        using var cache = new ImageCache(cacheFolder);
        await Loading(Environment.ProcessorCount, cache);
        for (var round = 0; round < 2; round++)
        {
            plainRate = Math.Max(plainRate, BaseLine());
            one = Math.Max(one, await Loading(1, null));
            all = Math.Max(all, await Loading(Environment.ProcessorCount, null));
            cached = Math.Max(cached, await Loading(1, cache));
            decode = Math.Max(decode, Decoding());
        }

        await Console.Out.WriteLineAsync(string.Create(CultureInfo.InvariantCulture,
            $"{set.Name,-12}{plainRate,9:F1}{one,10:F1}{one / plainRate,7:F2}{all,11:F1}{all / one,9:F2}{cached,9:F0}{cached / one,7:F1}   ({decode:F1})"));
    }

    private static double Rate(int count, Action work)
    {
        var watch = Stopwatch.StartNew();
        work();
        return count / watch.Elapsed.TotalSeconds;
    }
}
