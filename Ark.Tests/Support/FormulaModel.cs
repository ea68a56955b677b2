using System.Runtime.InteropServices;
using System.Text;
using Ark.Models;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Ark.Tests;

/// <summary>
/// The full-size model of the six-dataset checkpoint, its weights made by the recorded formula. Built once for all tests of a class.
/// </summary>
public sealed class FormulaModel : IDisposable
{
    private const double Gain = 1.75;

    public FormulaModel()
    {
        var heads = Reference.Json("03_swin_base", "formula.json").GetProperty("heads");
        Model = ArkModel.Allocate(new ArkModelConfiguration
        {
            Backbone = SwinVariants.Get("swin_base_patch4_window7_224"),
            Heads = [.. heads.EnumerateArray().Select(h => new ArkHead(h[0].GetString()!, h[1].GetInt32()))],
        });
        foreach (var (name, parameter) in Model.named_parameters()) Fill(name, parameter);
        Model.eval();
    }

    internal ArkModel Model { get; }

    public void Dispose() => Model.Dispose();

    internal static ulong Hash(string name)
    {
        var hash = 0xCBF29CE484222325UL;
        foreach (var b in Encoding.UTF8.GetBytes(name)) hash = (hash ^ b) * 0x100000001B3UL;
        return hash;
    }

    internal static ulong SplitMix(ulong x)
    {
        x += 0x9E3779B97F4A7C15UL;
        x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9UL;
        x = (x ^ (x >> 27)) * 0x94D049BB133111EBUL;
        return x ^ (x >> 31);
    }

    /// <summary>The formula's number in [-1, 1) at a flat index.</summary>
    internal static double Value(ulong hash, int index) => (((SplitMix(hash + (ulong)index) >> 40) / 16777216.0) - 0.5) * 2;

    private static void Fill(string name, Parameter parameter)
    {
        var (scale, offset) = Kind(name, parameter.shape);
        var hash = Hash(name);
        using var off = no_grad();
        var values = MemoryMarshal.Cast<byte, float>(parameter.bytes);
        for (var i = 0; i < values.Length; i++) values[i] = (float)(offset + (scale * Value(hash, i)));
    }

    private static (double Scale, double Offset) Kind(string name, long[] shape)
    {
        if (name.EndsWith("relative_position_bias_table", StringComparison.Ordinal)) return (0.5, 0);
        if (name.EndsWith(".bias", StringComparison.Ordinal)) return (0.02, 0);
        var module = name.Split('.')[^2];
        if (module is "norm" or "norm1" or "norm2") return (0.1, 1);
        return (Gain / Math.Sqrt(shape[1..].Aggregate(1L, (a, b) => a * b)), 0);
    }
}
