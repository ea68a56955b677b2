using System.Globalization;
using Ark.Models;
using static TorchSharp.torch;

namespace Ark.Benchmarks;

/// <summary>
/// The engine against libtorch's plain operators, and against libtorch's products of the same shapes alone, in one process, in turn. With
/// the runtime's and the libraries' own switches it tells how processors with narrower registers fare.
/// </summary>
internal sealed class PlainOperatorsBenchmark(string folder, TextWriter report)
{
    public void Run(IReadOnlyList<string> models, IReadOnlyList<int> threads, IReadOnlyList<int> batches, TimeSpan limit)
    {
        report.WriteLine($"{KernelWidth.Description}; milliseconds an image\n");
        report.WriteLine("| model | threads | batch | plain operators | engine | times as fast | products alone | of their rate |");
        report.WriteLine("|---|---|---|---|---|---|---|---|");
        foreach (var name in models)
        {
            using var model = ArkModel.Load(BenchmarkModels.Checkpoint(folder, name));
            foreach (var count in threads)
            {
                set_num_threads(count);
                using var engine = InferenceEngine.Create(model);
                foreach (var batch in batches) Compare(name, count, batch, model, engine, limit);
            }
        }
    }

    private void Compare(string name, int threads, int batch, ArkModel model, InferenceEngine engine, TimeSpan limit)
    {
        using var off = no_grad();
        using var scope = NewDisposeScope();
        using var generator = new Generator(3);
        var images = randn([batch, 3, model.Backbone.ImageHeight, model.Backbone.ImageWidth], generator: generator);
        var products = Products(model.Backbone, batch, generator);
        var profile = new PassProfile();
        engine.Profile = profile;
        engine.Pooled(images).Dispose();
        engine.Profile = null;
        var result = new Contest(limit, 30).Run(
            () => model.Pool(images).Dispose(),
            () => engine.Pooled(images).Dispose(),
            () => products.ForEach(p => nn.functional.linear(p.Input, p.Weight).Dispose()));
        var (plain, fast, alone) = (result.Wall[0], result.Wall[1], result.Wall[2]);
        var rate = profile.Spent.Values.Sum(s => s.Flops) / fast;
        var possible = products.Sum(p => 2.0 * p.Input.size(0) * p.Weight.numel()) / alone;
        report.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"| {name} | {threads} | {batch} | {plain / batch * 1000:F1} | {fast / batch * 1000:F1} | **{plain / fast:F2}** | "
                + $"{alone / batch * 1000:F1} | {rate / possible:F2} |"));
        report.Flush();
    }

    /// <summary>Every linear layer of the blocks and mergings, each with memory of its own.</summary>
    private static List<(Tensor Input, Tensor Weight)> Products(SwinConfiguration shape, int batch, Generator generator)
    {
        var result = new List<(Tensor Input, Tensor Weight)>();
        for (var stage = 0; stage < shape.Depths.Count; stage++)
        {
            var channels = shape.EmbedDim << stage;
            var side = shape.PatchSize << stage;
            var rows = (long)batch * (shape.ImageHeight / side) * (shape.ImageWidth / side);
            if (stage > 0) Add(rows, 2 * channels, channels);
            for (var block = 0; block < shape.Depths[stage]; block++)
            {
                Add(rows, channels, 3 * channels);
                Add(rows, channels, channels);
                Add(rows, channels, 4 * channels);
                Add(rows, 4 * channels, channels);
            }
        }

        return result;

        void Add(long rows, long inputs, long outputs) =>
            result.Add((randn([rows, inputs], generator: generator), randn([outputs, inputs], generator: generator)));
    }
}
