using System.Diagnostics;
using System.Globalization;
using Ark.Models;
using static TorchSharp.torch;

namespace Ark.Benchmarks;

/// <summary>Resident memory over many passes of mixed sizes, and time and peak memory of large images.</summary>
internal sealed class EngineMemoryBenchmark(TextWriter report)
{
    public void Run(string name, int forwards)
    {
        using var model = new ArkModel(
            new ArkModelConfiguration { Backbone = SwinVariants.Get(name) with { NumClasses = 0 }, Heads = [new ArkHead("one", 14)] },
            new Generator(1));
        using var engine = InferenceEngine.Create(model);
        int[] batches = [1, 3, 2, 8, 1, 5, 4, 1];
        report.WriteLine("| forwards | resident MB |");
        report.WriteLine("|---|---|");
        for (var i = 0; i <= forwards; i++)
        {
            if (i == 200 || (i > 0 && i % (forwards / 10) == 0))
            {
                // What the collector has not got round to yet is no leak.
                GC.Collect();
                report.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| {i} | {Status("VmRSS"):F1} |"));
                report.Flush();
            }

            using var images = rand(batches[i % batches.Length], 3, model.Backbone.ImageHeight, model.Backbone.ImageWidth);
            engine.Run(images, InferenceOutputs.Tokens | InferenceOutputs.Pooled | InferenceOutputs.Logits).Dispose();
        }
    }

    /// <summary>One size in this process, whose peak it reports.</summary>
    public void Large(string name, InferencePrecision precision)
    {
        using var model = new ArkModel(
            new ArkModelConfiguration { Backbone = SwinVariants.Get(name) with { NumClasses = 0 }, Heads = [new ArkHead("one", 14)] },
            new Generator(1));
        var weights = Status("VmRSS");
        using var engine = InferenceEngine.Create(model, precision);
        var prepared = Status("VmRSS");
        using var images = rand(1, 3, model.Backbone.ImageHeight, model.Backbone.ImageWidth);
        engine.Pooled(images).Dispose();
        var times = new List<double>();
        for (var i = 0; i < 5; i++)
        {
            var watch = Stopwatch.StartNew();
            engine.Pooled(images).Dispose();
            times.Add(watch.Elapsed.TotalSeconds);
        }

        var tokens = model.Backbone.ImageHeight / model.Backbone.PatchSize * (model.Backbone.ImageWidth / model.Backbone.PatchSize);
        report.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"| {name} | {precision} | {tokens} | {Contest.Median(times) * 1000:F0} | {times.Min() * 1000:F0} | {weights:F0} | "
                + $"{prepared - weights:F0} | {Status("VmRSS") - prepared:F0} | {Status("VmHWM"):F0} |"));
    }

    /// <summary>A line of a process's status, in MB.</summary>
    public static double Status(string key, string process = "self") =>
        long.Parse(File.ReadAllLines($"/proc/{process}/status")
            .Single(l => l.StartsWith(key + ":", StringComparison.Ordinal))
            .Split([' ', '\t'], StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) / 1024.0;
}
