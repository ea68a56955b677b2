using System.Diagnostics;
using Ark.Data;

namespace Ark.Tests.Leaks;

/// <summary>
/// Many images leave nothing behind: 4,000 here, 100,000 in the benchmark <c>loader-memory</c>. Alone, because memory, handles and threads
/// are the process's.
/// </summary>
[Collection(nameof(LoaderMemoryTests))]
public sealed class LoaderMemoryTests : IDisposable
{
    private readonly DataFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Memory_handles_and_threads_stay_flat()
    {
        Directory.CreateDirectory(_folder.Images);
        var samples = new List<ImageSample>();
        for (var i = 0; i < 8; i++)
        {
            var path = Path.Combine(_folder.Images, $"{i}.png");
            File.WriteAllBytes(path, TestPng.Write8(64, 64, TestPng.Grey, TestPng.Noise(64 * 64, (ulong)i)));
            samples.Add(new ImageSample(new ImageFile(path), [1]));
        }

        samples = [.. Enumerable.Range(0, 4000).Select(i => samples[i % 8])];
        var loader = new BatchLoader(
            samples,
            new TrainingTransform(32, 32, AugmentationRecipe.Ark),
            new NetVipsImageDecoder(),
            new BatchLoaderOptions { BatchSize = 32, Workers = 2 });
        using var process = Process.GetCurrentProcess();
        (long Live, int Handles, int Threads) Now()
        {
            process.Refresh();
            return (GC.GetTotalMemory(forceFullCollection: true), process.HandleCount, process.Threads.Count);
        }

        (long Live, int Handles, int Threads) warm = default;
        var done = 0;
        await foreach (var batch in loader.ReadAsync(0, TestContext.Current.CancellationToken))
        {
            done += batch.Count;
            batch.Dispose();
            if (done == 992) warm = Now();
        }

        var end = Now();
        Assert.Equal(4000, done);
        Assert.InRange(end.Live - warm.Live, long.MinValue, 512 * 1024);
        Assert.InRange(end.Handles - warm.Handles, int.MinValue, 4);
        Assert.InRange(end.Threads - warm.Threads, int.MinValue, 4);
    }
}

[CollectionDefinition(nameof(LoaderMemoryTests), DisableParallelization = true)]
public sealed class LoaderMemoryTestsCollection;
