using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using Ark.Inference;
using Ark.Models;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using NetVips;

namespace Ark.Benchmarks;

/// <summary>
/// One model in dependency injection, many callers: whether answers stay the same, how much faster they come than one at a time, and what
/// memory does meanwhile.
/// </summary>
internal static class ServiceBenchmark
{
    private const int Pictures = 24;

    public static async Task RunAsync(string folder, int callers, int requests, TextWriter report)
    {
        var pictures = Enumerable.Range(0, Pictures).Select(Png).ToArray();
        await using var host = new ServiceCollection()
            .AddArk()
            .AddModel("small", o => o.Checkpoint = Checkpoint(folder)).Services
            .BuildServiceProvider();
        var classifier = host.GetRequiredService<IArkClassifier>();
        async Task<double[]> Ask(int picture) =>
            [.. (await classifier.ClassifyAsync(
                new DataContent(pictures[picture], "image/png"))).Heads.SelectMany(h => h.Labels.Select(l => l.Probability))];

        var expected = new double[Pictures][];
        for (var i = 0; i < Pictures; i++) expected[i] = await Ask(i);
        var watch = Stopwatch.StartNew();
        for (var i = 0; i < requests; i++) await Ask(i % Pictures);
        var single = requests / watch.Elapsed.TotalSeconds;

        var done = 0;
        var tenth = Math.Max(callers * requests / 10, 1);
        var worst = new ConcurrentBag<double>();
        await report.WriteLineAsync("| requests | resident MB | after a collection |\n|---|---|---|");
        watch.Restart();
        await Task.WhenAll(Enumerable.Range(0, callers).Select(caller => Task.Run(async () =>
        {
            var largest = 0.0;
            for (var r = 0; r < requests; r++)
            {
                var picture = ((caller * 7) + r) % Pictures;
                largest = Math.Max(largest, (await Ask(picture)).Zip(expected[picture], (a, b) => Math.Abs(a - b)).Max());
                if (Interlocked.Increment(ref done) is var now && now % tenth == 0) Report(report, now);
            }

            worst.Add(largest);
        })));
        var many = callers * requests / watch.Elapsed.TotalSeconds;
        await report.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"one at a time {single:F0}/s, {callers} callers "
            + $"{many:F0}/s: {many / single:F2} times; largest difference of a probability {worst.Max():E1}"));
    }

    private static void Report(TextWriter report, int requests)
    {
        var before = EngineMemoryBenchmark.Status("VmRSS");
        GC.Collect();
        lock (report) report.WriteLine(
            string.Create(CultureInfo.InvariantCulture, $"| {requests} | {before:F1} | {EngineMemoryBenchmark.Status("VmRSS"):F1} |"));
    }

    private static string Checkpoint(string folder)
    {
        Directory.CreateDirectory(folder);
        var configuration = new ArkModelConfiguration
        {
            Backbone = SwinVariants.Get("swin_mini").WithImageSize(32, 32),
            Heads = [new ArkHead("Findings", new LabelSchema(LabelTask.MultiLabel, ["Effusion", "Edema", "Mass"]))],
        };
        using var model = new ArkModel(configuration, new TorchSharp.torch.Generator(3));
        var path = Path.Combine(folder, "service.safetensors");
        Safetensors.Save(
            path,
            model.state_dict(),
            new Dictionary<string, string> { [StoredDescription.MetadataKey] = StoredDescription.ToJson(configuration) });
        return path;
    }

    private static byte[] Png(int seed)
    {
        using var noise = Image.Gaussnoise(40, 36, sigma: 40, mean: 128, seed: seed);
        using var bytes = noise.Cast(Enums.BandFormat.Uchar);
        return bytes.PngsaveBuffer();
    }
}
