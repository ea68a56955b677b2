using System.Diagnostics;
using System.Globalization;
using Ark.Inference;
using Microsoft.Extensions.DependencyInjection;

namespace Ark.Benchmarks;

/// <summary>
/// What a model costs the host that serves it: resident memory of a host without one, with one, and after heat maps, and the time of a heat
/// map. One host a process.
/// </summary>
internal static class HostMemoryBenchmark
{
    private const int Side = 512;

    /// <summary>Measures a host in this process.</summary>
    /// <param name="folder">Where the checkpoint is, or is made.</param>
    /// <param name="model">The backbone; <c>none</c> for an empty host, which has loaded libtorch and decoded nothing.</param>
    /// <param name="maps">How many heat maps.</param>
    /// <param name="report">Receives the table's row.</param>
    public static async Task RunAsync(string folder, string model, int maps, TextWriter report)
    {
        var isEmpty = model == "none";
        var path = isEmpty ? "" : BenchmarkModels.Checkpoint(folder, model);
        await using var host = new ServiceCollection().AddArk().AddModel("chest", o => o.Checkpoint = path).Services.BuildServiceProvider();
        if (isEmpty)
        {
            TorchSharp.torch.ones(1).Dispose();
            report.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"| none | | {EngineMemoryBenchmark.Status("VmHWM"):F0} | {EngineMemoryBenchmark.Status("VmRSS"):F0} | | | |"));
            return;
        }

        var classifier = host.GetRequiredService<IArkClassifier>();
        var (loadedPeak, loaded) = (EngineMemoryBenchmark.Status("VmHWM"), EngineMemoryBenchmark.Status("VmRSS"));
        var picture = new EncodedImage(Picture(), "picture");
        var head = classifier.Heads[0];
        var (loadedModel, explainer) = (host.GetRequiredKeyedService<LoadedModel>("chest"), host.GetRequiredService<ArkExplainer>());
        var times = new List<double>();
        double first = 0;
        for (var i = 0; i < maps; i++)
        {
            var watch = Stopwatch.StartNew();
            await explainer.ExplainAsync(loadedModel, picture, head.Labels.Names[0], new ExplanationOptions { Head = head.Name });
            times.Add(watch.Elapsed.TotalMilliseconds);
            if (i == Math.Min(9, maps - 1)) first = EngineMemoryBenchmark.Status("VmRSS");
        }

        report.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"| {model} | {new FileInfo(path).Length / 1048576.0:F0} | {loadedPeak:F0} | {loaded:F0} | {first:F0} | "
                + $"{EngineMemoryBenchmark.Status("VmRSS"):F0} (peak {EngineMemoryBenchmark.Status("VmHWM"):F0}) | "
                + $"{(times.Count > 0 ? Contest.Median(times) : 0):F0} |"));
    }

    private static byte[] Picture()
    {
        var pixels = new byte[Side * Side];
        for (var i = 0; i < pixels.Length; i++) pixels[i] = (byte)((i % Side * 200 / Side) + (i / Side % 50));
        using var image = NetVips.Image.NewFromMemory(pixels, Side, Side, 1, NetVips.Enums.BandFormat.Uchar);
        return image.PngsaveBuffer();
    }
}
