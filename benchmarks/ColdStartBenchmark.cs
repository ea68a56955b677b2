using System.Diagnostics;
using System.Globalization;
using Ark.Models;
using static TorchSharp.torch;

namespace Ark.Benchmarks;

/// <summary>
/// From the start of a process to its first embedding, the files in the page cache: ours, ONNX Runtime in .NET, and Python with torch, in
/// turn.
/// </summary>
internal sealed class ColdStartBenchmark(string folder, string python, TextWriter report)
{
    private const string Model = "swin_base_patch4_window7_224";

    public void Run(int rounds)
    {
        var checkpoint = BenchmarkModels.Checkpoint(folder, Model);
        var (onnx, _, _) = BenchmarkModels.Export(folder, Model, python);
        // Beside the assembly, however this process was started.
        var self = Path.Combine(AppContext.BaseDirectory, "Ark.Benchmarks");
        (string Name, string Program, string[] Arguments)[] contestants =
        [
            ("Ark fp32", self, ["first", "ark", checkpoint]),
            ("Ark bf16", self, ["first", "ark-bf16", checkpoint]),
            ("ONNX Runtime", self, ["first", "onnx", onnx]),
            ("Python, torch", python, [Path.Combine(AppContext.BaseDirectory, "first_embedding.py"), checkpoint, "4,8,16,32", "7", "224"]),
        ];
        var taken = contestants.Select(_ => new List<double>()).ToArray();
        for (var round = 0; round <= rounds; round++)
        {
            for (var i = 0; i < contestants.Length; i++)
            {
                var seconds = Time(contestants[i].Program, contestants[i].Arguments);
                // The first round reads the files into the page cache.
                if (round > 0) taken[i].Add(seconds);
            }
        }

        report.WriteLine("| first embedding, swin_base | seconds, median | least |");
        report.WriteLine("|---|---|---|");
        foreach (var (contestant, times) in contestants.Zip(taken))
            report.WriteLine(
                string.Create(CultureInfo.InvariantCulture, $"| {contestant.Name} | {Contest.Median(times):F2} | {times.Min():F2} |"));
    }

    /// <summary>What the child process does.</summary>
    public static void First(string kind, string path)
    {
        if (kind == "onnx")
        {
            using var network = new OnnxNetwork(path, Environment.ProcessorCount);
            network.Run(new float[3 * 224 * 224], [1, 3, 224, 224]);
            return;
        }

        using var engine = InferenceEngine.Load(path, kind == "ark" ? InferencePrecision.Fp32 : InferencePrecision.Bf16);
        using var images = zeros(1, 3, 224, 224);
        engine.Pooled(images).Dispose();
    }

    private static double Time(string program, string[] arguments)
    {
        var watch = Stopwatch.StartNew();
        using var process = Process.Start(OtherProgram.Start(program, arguments))
            ?? throw new InvalidOperationException($"'{program}' did not start.");
        process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0
            ? watch.Elapsed.TotalSeconds
            : throw new InvalidOperationException($"'{program}' ended with {process.ExitCode}.");
    }
}
