using System.Globalization;
using System.Text.Json;
using Ark.Models;
using static TorchSharp.torch;

namespace Ark.Tests;

/// <summary>Reads the recorded cases of the original models and measures how far ours are from them.</summary>
internal static class Reference
{
    public const double Tolerance = 2e-5;

    public static JsonElement Json(params ReadOnlySpan<string> parts)
    {
        using var document = JsonDocument.Parse(File.ReadAllBytes(Fixture.PathOf(parts)));
        return document.RootElement.Clone();
    }

    public static Dictionary<string, Tensor> Tensors(params ReadOnlySpan<string> parts) => Safetensors.Load(Fixture.PathOf(parts));

    /// <summary>timm's constructor arguments as a configuration.</summary>
    public static SwinConfiguration Configuration(JsonElement arguments)
    {
        var result = new SwinConfiguration { DropPathRate = 0 };
        foreach (var argument in arguments.EnumerateObject())
        {
            var value = argument.Value;
            result = argument.Name switch
            {
                "img_size" when value.ValueKind == JsonValueKind.Array =>
                    result with { ImageHeight = value[0].GetInt32(), ImageWidth = value[1].GetInt32() },
                "img_size" => result with { ImageHeight = value.GetInt32(), ImageWidth = value.GetInt32() },
                "patch_size" => result with { PatchSize = value.GetInt32() },
                "window_size" => result with { WindowSize = value.GetInt32() },
                "embed_dim" => result with { EmbedDim = value.GetInt32() },
                "depths" => result with { Depths = [.. value.EnumerateArray().Select(v => v.GetInt32())] },
                "num_heads" => result with { NumHeads = [.. value.EnumerateArray().Select(v => v.GetInt32())] },
                "num_classes" => result with { NumClasses = value.GetInt32() },
                "in_chans" => result with { InputChannels = value.GetInt32() },
                "mlp_ratio" => result with { MlpRatio = value.GetDouble() },
                "ape" => result with { AbsolutePositionEmbedding = value.GetBoolean() },
                "patch_norm" => result with { PatchNorm = value.GetBoolean() },
                "qkv_bias" => result with { QkvBias = value.GetBoolean() },
                "drop_path_rate" => result with { DropPathRate = value.GetDouble() },
                var other => throw new InvalidOperationException($"Unknown argument {other}."),
            };
        }

        return result;
    }

    /// <summary>Names, shapes and dtypes in order, as <c>config.json</c> lists them.</summary>
    public static string[] Listing(JsonElement entries) =>
        [.. entries.EnumerateArray().Select(e => $"{e[0].GetString()} [{string.Join(", ", e[1].EnumerateArray())}] "
            + $"{e[2].GetString()!.Replace("torch.", "", StringComparison.Ordinal)}")];

    /// <summary>The same of a module.</summary>
    public static string[] Listing(nn.Module module) =>
        [.. module
            .state_dict()
            .Select(p => $"{p.Key} [{string.Join(", ", p.Value.shape)}] {p.Value.dtype.ToString().ToLower(CultureInfo.InvariantCulture)}")];

    /// <summary>The largest difference, relative to the largest expected value.</summary>
    public static double Deviation(Tensor actual, Tensor expected)
    {
        using var scope = NewDisposeScope();
        var wanted = expected.to(ScalarType.Float64);
        Assert.Equal(expected.numel(), actual.numel());
        var got = actual.detach().to(ScalarType.Float64).reshape(expected.shape);
        return (got - wanted).abs().max().item<double>() / Math.Max(wanted.abs().max().item<double>(), 1e-12);
    }

    /// <summary>Demands agreement and writes down what was measured.</summary>
    public static void AssertClose(string name, Tensor actual, Tensor expected, double tolerance = Tolerance)
    {
        var deviation = Deviation(actual, expected);
        TestContext.Current.TestOutputHelper?.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{name}: {deviation:E2}"));
        Assert.True(deviation <= tolerance, $"{name} deviates by {deviation:E2}, allowed {tolerance:E2}.");
    }

    /// <summary>
    /// Demands the same bits of the fast path; libtorch, which stands in for it on other processors, may sum a batch in another order.
    /// </summary>
    public static void AssertSame(string name, Tensor actual, Tensor expected, InferenceEngine engine)
    {
        if (engine.IsFast) Assert.True(actual.Equals(expected), name);
        else AssertClose(name, actual, expected, 1e-5);
    }
}
