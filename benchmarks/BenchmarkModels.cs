using System.Diagnostics;
using System.Globalization;
using Ark.Models;
using static TorchSharp.torch;

namespace Ark.Benchmarks;

/// <summary>Checkpoints of random models, and what Python exports from them, in a folder.</summary>
internal static class BenchmarkModels
{
    public static string Checkpoint(string folder, string name)
    {
        var path = Path.Combine(folder, name + ".pth.tar");
        if (File.Exists(path)) return path;
        Directory.CreateDirectory(folder);
        using var model = new ArkModel(
            ReleasedModels.Get("ark6").Configuration with { Backbone = SwinVariants.Get(name) with { NumClasses = 0 } }, new Generator(1));
        using var off = no_grad();
        using var generator = new Generator(2);
        // Fresh ones are nearly zero.
        foreach (var (key, parameter) in model
            .named_parameters()
            .Where(p => p.name.EndsWith("bias_table", StringComparison.Ordinal))) parameter.normal_(0, 0.5, generator);
        model.save_py(path);
        return path;
    }

    /// <summary>The graphs for ONNX Runtime, in single precision and of integers, and the one of TorchScript.</summary>
    public static (string Onnx, string Integers, string Script) Export(string folder, string name, string python)
    {
        var checkpoint = Checkpoint(folder, name);
        var target = Path.Combine(folder, name);
        var paths = (target + ".onnx", target + ".int8.onnx", target + ".pt");
        if (File.Exists(paths.Item1) && File.Exists(paths.Item2) && File.Exists(paths.Item3)) return paths;
        var backbone = SwinVariants.Get(name);
        string[] arguments =
        [
            Path.Combine(AppContext.BaseDirectory, "export_swin.py"), checkpoint, string.Join(',', backbone.NumHeads),
            backbone.WindowSize.ToString(CultureInfo.InvariantCulture),
            backbone.ImageHeight.ToString(CultureInfo.InvariantCulture), target,
        ];
        using var process = Process.Start(new ProcessStartInfo(python, arguments))
            ?? throw new InvalidOperationException($"'{python}' did not start.");
        process.WaitForExit();
        return process.ExitCode == 0 ? paths : throw new InvalidOperationException($"The export ended with {process.ExitCode}.");
    }
}
