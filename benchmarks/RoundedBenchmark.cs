using System.Globalization;
using Ark.Models;
using static TorchSharp.torch;

namespace Ark.Benchmarks;

/// <summary>The engine's precisions against each other: the same weights, images and threads, in one process, in turn.</summary>
internal sealed class RoundedBenchmark(string folder, TextWriter report)
{
    public void Run(IReadOnlyList<string> models, IReadOnlyList<int> threads, IReadOnlyList<int> batches, TimeSpan limit)
    {
        report.WriteLine("| model | threads | batch | fp32 | bf16 | int8 | bf16 / int8 | processor time, bf16 / int8 | others | "
            + "bf16 cosine | int8 cosine |");
        report.WriteLine("|---|---|---|---|---|---|---|---|---|---|---|");
        foreach (var name in models)
        {
            using var model = ArkModel.Load(BenchmarkModels.Checkpoint(folder, name));
            foreach (var count in threads)
            {
                set_num_threads(count);
                using var single = InferenceEngine.Create(model);
                using var half = InferenceEngine.Create(model, InferencePrecision.Bf16);
                using var integer = InferenceEngine.Create(model, InferencePrecision.Int8);
                foreach (var batch in batches) Compare(name, count, batch, [single, half, integer], limit);
            }
        }
    }

    private void Compare(string name, int threads, int batch, InferenceEngine[] engines, TimeSpan limit)
    {
        using var generator = new Generator(3);
        var backbone = engines[0].Configuration.Backbone;
        using var images = randn([batch, 3, backbone.ImageHeight, backbone.ImageWidth], generator: generator);
        using var expected = engines[0].Pooled(images);
        var result = new Contest(limit, 40).Run([.. engines.Select(e => (Action)(() => e.Pooled(images).Dispose()))]);
        report.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"| {name} | {threads} | {batch} | {Each(0)} | {Each(1)} | {Each(2)} | **{result.Wall[1] / result.Wall[2]:F2}** | "
                + $"{result.Processor[1] / result.Processor[2]:F2} | {result.Others:P0} | {Cosine(1):F5} | {Cosine(2):F5} |"));
        report.Flush();

        string Each(int contestant) => (result.Wall[contestant] / batch * 1000).ToString("F1", CultureInfo.InvariantCulture);

        float Cosine(int contestant)
        {
            using var scope = NewDisposeScope();
            return nn.functional.cosine_similarity(engines[contestant].Pooled(images), expected).min().item<float>();
        }
    }
}
