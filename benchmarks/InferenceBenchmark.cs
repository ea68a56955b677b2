using System.Globalization;
using Ark.Models;
using static TorchSharp.torch;

namespace Ark.Benchmarks;

/// <summary>Our engine against ONNX Runtime and TorchScript: the same weights, images and threads, in one process, in turn.</summary>
internal sealed class InferenceBenchmark(string folder, string python, TextWriter report)
{
    private const double Agreement = 1e-4;

    public void Run(IReadOnlyList<string> models, IReadOnlyList<int> threads, IReadOnlyList<int> batches, TimeSpan limit)
    {
        report.WriteLine("| model | threads | batch | ONNX Runtime | TorchScript | Ark fp32 | Ark bf16 | fp32 / ONNX | bf16 / ONNX | "
            + "processor time, fp32 | bf16 | others | fp32 off by | bf16 cosine |");
        report.WriteLine("|---|---|---|---|---|---|---|---|---|---|---|---|---|---|");
        foreach (var name in models)
        {
            var (onnxPath, scriptPath) = BenchmarkModels.Export(folder, name, python);
            using var model = ArkModel.Load(BenchmarkModels.Checkpoint(folder, name));
            foreach (var count in threads)
            {
                set_num_threads(count);
                using var onnx = new OnnxNetwork(onnxPath, count);
                using var script = jit.load<Tensor, Tensor>(scriptPath);
                using var single = InferenceEngine.Create(model);
                using var brief = InferenceEngine.Create(model, InferencePrecision.Bf16);
                foreach (var batch in batches) Compare(name, count, batch, onnx, script, single, brief, limit);
            }
        }
    }

    private void Compare(
        string name, int threads, int batch, OnnxNetwork onnx, jit.ScriptModule<Tensor, Tensor> script, InferenceEngine single,
        InferenceEngine brief, TimeSpan limit)
    {
        using var off = no_grad();
        using var generator = new Generator(3);
        var backbone = single.Configuration.Backbone;
        using var images = randn([batch, 3, backbone.ImageHeight, backbone.ImageWidth], generator: generator);
        var pixels = images.data<float>().ToArray();
        using var expected = tensor(onnx.Run(pixels, images.shape), [batch, backbone.NumFeatures]);
        using var got = single.Pooled(images);
        using var rounded = brief.Pooled(images);
        using var scripted = script.call(images);
        var deviation = Math.Max(Deviation(got, expected), Deviation(scripted, expected));
        if (deviation > Agreement)
            throw new InvalidOperationException($"The contestants differ by {deviation}: there is nothing to compare.");
        using var cosines = nn.functional.cosine_similarity(rounded, expected);
        using var least = cosines.min();

        var result = new Contest(limit, 40).Run(
            () => onnx.Run(pixels, images.shape),
            () => script.call(images).Dispose(),
            () => single.Pooled(images).Dispose(),
            () => brief.Pooled(images).Dispose());
        var times = result.Wall;
        report.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"| {name} | {threads} | {batch} | {Each(0)} | {Each(1)} | {Each(2)} | {Each(3)} | **{times[0] / times[2]:F2}** | "
                + $"**{times[0] / times[3]:F2}** | {result.Processor[0] / result.Processor[2]:F2} | "
                + $"{result.Processor[0] / result.Processor[3]:F2} | {result.Others:P0} | {deviation:E1} | "
                    + $"{least.item<float>():F5} |"));
        report.Flush();

        string Each(int contestant) => (times[contestant] / batch * 1000).ToString("F1", CultureInfo.InvariantCulture);
    }

    private static double Deviation(Tensor actual, Tensor expected)
    {
        using var scope = NewDisposeScope();
        return (actual - expected).abs().max().item<float>() / expected.abs().max().item<float>();
    }
}
