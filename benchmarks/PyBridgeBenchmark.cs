using System.Diagnostics;
using System.Globalization;
using Ark.Models;
using TorchSharp.PyBridge;

namespace Ark.Benchmarks;

/// <summary>TorchSharp.PyBridge and our reader and writer on one full-size Ark-6 model, in one process, in turn.</summary>
internal static class PyBridgeBenchmark
{
    private const int Rounds = 5;

    public static async Task<int> RunAsync()
    {
        var scratch = Directory.CreateTempSubdirectory("ark-benchmark-");
        try
        {
            var (pickle, safe) = (Path.Combine(scratch.FullName, "ark6.pth"), Path.Combine(scratch.FullName, "ark6.safetensors"));
            using var model = new ArkModel(ReleasedModels.Get("ark6").Configuration);
            (string Name, Action Ours, Action Theirs)[] rows =
            [
                ("save_py", () => model.save_py(pickle), () => PyBridgeModuleExtensions.save_py(model, pickle)),
                ("load_py", () => model.load_py(pickle), () => PyBridgeModuleExtensions.load_py(model, pickle)),
                ("save_safetensors", () => model.save_safetensors(safe), () => PyBridgeModuleExtensions.save_safetensors(model, safe)),
                ("load_safetensors", () => model.load_safetensors(safe), () => PyBridgeModuleExtensions.load_safetensors(model, safe)),
            ];
            foreach (var (name, ours, theirs) in rows)
            {
                var times = Enumerable.Range(0, Rounds).Select(_ => (Ours: Time(ours), Theirs: Time(theirs))).ToList();
                var (mine, other) = (Median(times.Select(t => t.Ours)), Median(times.Select(t => t.Theirs)));
                await Console.Out.WriteLineAsync(string.Create(
                    CultureInfo.InvariantCulture,
                    $"{name,-16} ours {mine:F2} s, TorchSharp.PyBridge {other:F2} s of processor time"));
            }

            return 0;
        }
        finally
        {
            scratch.Delete(recursive: true);
        }
    }

    private static double Time(Action work)
    {
        using var process = Process.GetCurrentProcess();
        var before = process.TotalProcessorTime;
        work();
        process.Refresh();
        return (process.TotalProcessorTime - before).TotalSeconds;
    }

    private static double Median(IEnumerable<double> values) => values.Order().ElementAt(Rounds / 2);
}
