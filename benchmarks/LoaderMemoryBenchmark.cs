using System.Diagnostics;
using System.Globalization;
using Ark.Data;

namespace Ark.Benchmarks;

/// <summary>Reads many images and watches the process: memory must be flat, handles and threads must not grow.</summary>
internal static class LoaderMemoryBenchmark
{
    public static async Task<int> RunAsync(string folder, int count)
    {
        var files = Directory.EnumerateFiles(folder, "*.png", SearchOption.AllDirectories).Order(StringComparer.Ordinal).ToList();
        var samples = Enumerable.Range(0, count).Select(i => new ImageSample(new ImageFile(files[i % files.Count]), [1])).ToList();
        var loader = new BatchLoader(
            samples,
            new TrainingTransform(224, 224, AugmentationRecipe.Ark),
            new NetVipsImageDecoder(),
            new BatchLoaderOptions { BatchSize = 32, Shuffle = true });
        var process = Process.GetCurrentProcess();
        var (done, next, warm, worst, handles, threads) = (0, 0, 0L, 0.0, 0, 0);
        var watch = Stopwatch.StartNew();
        await foreach (var batch in loader.ReadAsync(0))
        {
            done += batch.Count;
            batch.Dispose();
            if (done < next && done < count) continue;
            next = done + Math.Max(1, count / 20);
            process.Refresh();
            var resident = process.WorkingSet64;
            await Console.Out.WriteLineAsync(string.Create(CultureInfo.InvariantCulture,
                $"{done,8} images  {resident >> 20,6} MB resident  {process.HandleCount,5} handles  {process.Threads.Count,4} threads  "
                    + $"{done / watch.Elapsed.TotalSeconds,7:F1} images/s"));
            if (done >= count / 10 && warm == 0) (warm, handles, threads) = (resident, process.HandleCount, process.Threads.Count);
            if (warm > 0) worst = Math.Max(worst, Math.Abs((resident - warm) / (double)warm));
        }

        process.Refresh();
        await Console.Out.WriteLineAsync(string.Create(CultureInfo.InvariantCulture,
            $"after the first tenth: resident memory within {worst:P1}, handles {process.HandleCount - handles:+0;-0;0}, threads "
                + $"{process.Threads.Count - threads:+0;-0;0}"));
        return worst <= 0.05 ? 0 : 1;
    }
}
