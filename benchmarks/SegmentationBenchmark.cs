using System.Diagnostics;
using System.Globalization;
using Ark.Models;
using static TorchSharp.torch;

namespace Ark.Benchmarks;

/// <summary>Time and peak memory of the published segmentation network, one image at a time and in a training step.</summary>
internal static class SegmentationBenchmark
{
    /// <summary>One size in this process, whose peak it reports.</summary>
    /// <param name="report">Receives a row.</param>
    /// <param name="name">The backbone.</param>
    /// <param name="size">Side of the image.</param>
    /// <param name="batch">Images of a training step; 0 for inference of one image.</param>
    public static void Run(TextWriter report, string name, int size, int batch)
    {
        using var network = new UperNet(new UperNetConfiguration
        {
            Backbone = (SwinVariants.Get(name) with { PadsWindows = true }).WithImageSize(size, size),
            Structures = ["lungs"],
        }, new Generator(1));
        var weights = Status("VmRSS");
        network.train(batch > 0);
        using var images = rand(Math.Max(1, batch), 3, size, size);
        var times = new List<double>();
        for (var i = 0; i < 4; i++)
        {
            var watch = Stopwatch.StartNew();
            using var scope = NewDisposeScope();
            if (batch == 0)
            {
                using var off = no_grad();
                network.forward(images);
            }
            else
            {
                SoftDice.Loss(network.forward(images).sigmoid(), zeros(batch, 1, size, size)).backward();
            }

            // The first pass makes what the later ones reuse.
            if (i > 0) times.Add(watch.Elapsed.TotalSeconds);
        }

        report.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| {size} | "
            + $"{(batch == 0 ? "one image, forward" : $"{batch} images, forth and back")} | {Contest.Median(times):F2} s | {weights:F0} "
            + $"MB | {Status("VmHWM"):F0} MB |"));
    }

    private static double Status(string key) =>
        long.Parse(File.ReadAllLines("/proc/self/status")
            .Single(l => l.StartsWith(key + ":", StringComparison.Ordinal))
            .Split([' ', '\t'], StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) / 1024.0;
}
