using System.Globalization;
using Ark.Models;
using static TorchSharp.torch;

namespace Ark.Benchmarks;

/// <summary>
/// Our engine against ONNX Runtime, in single precision and of integers, and TorchScript: the same weights, images and threads, in one
/// process, in turn.
/// </summary>
internal sealed class InferenceBenchmark(string folder, string python, TextWriter report)
{
    private const double Agreement = 1e-4;

    public void Run(IReadOnlyList<string> models, IReadOnlyList<int> threads, IReadOnlyList<int> batches, TimeSpan limit)
    {
        report.WriteLine("| model | threads | batch | ONNX Runtime | ONNX Runtime int8 | TorchScript | Ark fp32 | Ark bf16 | Ark int8 | "
            + "fp32 / ONNX | bf16 / ONNX | int8 / ONNX int8 | processor time, fp32 | bf16 | int8 | others | fp32 off by | bf16 cosine | "
            + "int8 cosine | ONNX int8 cosine |");
        report.WriteLine("|---|---|---|---|---|---|---|---|---|---|---|---|---|---|---|---|---|---|---|---|");
        foreach (var name in models)
        {
            var (onnxPath, integersPath, scriptPath) = BenchmarkModels.Export(folder, name, python);
            using var model = ArkModel.Load(BenchmarkModels.Checkpoint(folder, name));
            foreach (var count in threads)
            {
                set_num_threads(count);
                using var onnx = new OnnxNetwork(onnxPath, count);
                using var integers = new OnnxNetwork(integersPath, count);
                using var script = jit.load<Tensor, Tensor>(scriptPath);
                using var single = InferenceEngine.Create(model);
                using var brief = InferenceEngine.Create(model, InferencePrecision.Bf16);
                using var integer = InferenceEngine.Create(model, InferencePrecision.Int8);
                foreach (var batch in batches) Compare(name, count, batch, [onnx, integers], script, [single, brief, integer], limit);
            }
        }
    }

    private void Compare(
        string name, int threads, int batch, OnnxNetwork[] onnx, jit.ScriptModule<Tensor, Tensor> script, InferenceEngine[] engines,
        TimeSpan limit)
    {
        using var scope = NewDisposeScope();
        using var off = no_grad();
        using var generator = new Generator(3);
        var backbone = engines[0].Configuration.Backbone;
        var images = randn([batch, 3, backbone.ImageHeight, backbone.ImageWidth], generator: generator);
        var pixels = images.data<float>().ToArray();
        var expected = Onnx(onnx[0]);
        var deviation = Math.Max(Deviation(engines[0].Pooled(images), expected), Deviation(script.call(images), expected));
        if (deviation > Agreement)
            throw new InvalidOperationException($"The contestants differ by {deviation}: there is nothing to compare.");
        float[] cosines = [Cosine(engines[1].Pooled(images)), Cosine(engines[2].Pooled(images)), Cosine(Onnx(onnx[1]))];
        var result = new Contest(limit, 40).Run(
            () => onnx[0].Run(pixels, images.shape),
            () => onnx[1].Run(pixels, images.shape),
            () => script.call(images).Dispose(),
            () => engines[0].Pooled(images).Dispose(),
            () => engines[1].Pooled(images).Dispose(),
            () => engines[2].Pooled(images).Dispose());
        var (times, spent) = (result.Wall, result.Processor);
        report.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"| {name} | {threads} | {batch} | {string.Join(" | ", times.Select(t => $"{t / batch * 1000:F1}"))} | "
                + $"**{times[0] / times[3]:F2}** | **{times[0] / times[4]:F2}** | **{times[1] / times[5]:F2}** | "
                + $"{spent[0] / spent[3]:F2} | {spent[0] / spent[4]:F2} | {spent[1] / spent[5]:F2} | {result.Others:P0} | {deviation:E1} | "
                + $"{cosines[0]:F5} | {cosines[1]:F5} | {cosines[2]:F5} |"));
        report.Flush();

        Tensor Onnx(OnnxNetwork network) => tensor(network.Run(pixels, images.shape), [batch, backbone.NumFeatures]);

        float Cosine(Tensor features) => nn.functional.cosine_similarity(features, expected).min().item<float>();
    }

    private static double Deviation(Tensor actual, Tensor expected)
    {
        return (actual - expected).abs().max().item<float>() / expected.abs().max().item<float>();
    }
}
