using System.Globalization;
using Ark.Data;
using Ark.Evaluation;
using Ark.Inference;
using Microsoft.Extensions.DependencyInjection;

namespace Ark.Tests.Training;

public sealed class LinearProbeTests(SmallModel small) : IClassFixture<SmallModel>, IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [Fact]
    public async Task Features_are_compared_with_the_first_and_coefficients_give_the_predictions_again()
    {
        await using var host = small.Host();
        var rows = Enumerable.Range(0, 24).Select(i => (float[])[(i % 2) + (0.3f * MathF.Sin(i)), MathF.Cos(7 * i)]).ToArray();
        var file = _folder.Write("other.csv", "name,a,b\n" + string.Join(
            '\n', rows.Select((r, i) => string.Create(CultureInfo.InvariantCulture, $"{i:D2}.png,{r[0]},{r[1]}"))));
        var model = host.GetRequiredKeyedService<LoadedModel>("small");
        var result = await Probe(
            host,
            [ProbeFeatures.OfFile(file), ProbeFeatures.Pixels, ProbeFeatures.OfModel(model, EmbeddingKind.Projected)],
            new ProbeOptions { Shots = [2], Repeats = 3, Replicates = 50 });

        Assert.Equal(("noise", 0), (result.Dataset, result.LeftOut));
        Assert.Equal(
            [("other.csv", 2), ("pixels", 1024), ("model.safetensors projected", 24)], result.Features.Select(f => (f.Name, f.Width)));
        Assert.Equal([false, true, true], result.Features.Select(f => f.Comparison is not null));
        var first = result.Features[0];
        Assert.Equal(1, first.Evaluation.MeanAuroc!.Value, 1e-9);
        Assert.Equal(first.Evaluation.MeanAuroc, result.Features[1].Comparison!.FirstMeanAuroc);
        Assert.Equal((2, 3), (Assert.Single(first.Curve).Shots, first.Curve[0].Aurocs.Count));
        var expected = rows[18..].Select(r => 1 / (1 + Math.Exp(
            -(r[0] * first.Coefficients[0][0]) - (r[1] * first.Coefficients[0][1]) - first.Intercepts[0])));
        Assert.All(expected.Zip(Probabilities(first)), p => Assert.Equal(p.First, p.Second, 1e-4));
        Assert.Contains("other.csv", result.ToHtml(), StringComparison.Ordinal);
        Assert.Equal(
            ["pixels", "model.safetensors projected"], result.ToJson()["comparisons"]!.AsArray().Select(c => (string)c!["second"]!));
    }

    [Fact]
    public async Task Untrained_features_are_drawn_from_the_seed_and_the_model_stays_the_callers()
    {
        await using var host = small.Host();
        using var model = LoadedModel.Load(small.Checkpoint);
        async Task<float[]> Drawn(ulong seed) =>
            Probabilities(
                (await Probe(host, [ProbeFeatures.Untrained(model)], new ProbeOptions { Replicates = 0, Seed = seed })).Features[0]);
        var once = await Drawn(1);
        Assert.Equal(once, await Drawn(1));
        Assert.NotEqual(once, await Drawn(2));
    }

    [Fact]
    public async Task Options_and_features_that_cannot_be_probed_are_refused()
    {
        await using var host = small.Host();
        var model = host.GetRequiredKeyedService<LoadedModel>("small");
        async Task Refused(string option, ProbeOptions options) =>
            Assert.Contains(
                option,
                (await Assert.ThrowsAsync<ArkInputException>(() => Probe(host, [ProbeFeatures.Pixels], options))).Message,
                StringComparison.Ordinal);
        await Refused("'Penalties'", new ProbeOptions { Penalties = [] });
        await Refused("'Penalties'", new ProbeOptions { Penalties = [double.NaN] });
        await Refused("'Shots'", new ProbeOptions { Shots = [4, 0] });
        await Refused("'Repeats'", new ProbeOptions { Repeats = 0 });
        await Refused("'Replicates'", new ProbeOptions { Replicates = -1 });
        await Refused("'BatchSize'", new ProbeOptions { BatchSize = 0 });
        await Refused("'Workers'", new ProbeOptions { Workers = 0 });
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => Probe(host, [], new ProbeOptions()));
        Assert.Throws<ArgumentOutOfRangeException>(() => ProbeFeatures.OfModel(model, EmbeddingKind.Tokens));
        Assert.Throws<ArgumentOutOfRangeException>(() => ProbeFeatures.Untrained(model, EmbeddingKind.Tokens));
    }

    public void Dispose() => _folder.Dispose();

    private static float[] Probabilities(ProbedFeatures features)
    {
        var predictions = features.Evaluation.Predictions!;
        return [.. Enumerable.Range(0, predictions.Count).Select(i => predictions.Probability(i, 0))];
    }

    private Task<ProbeResult> Probe(ServiceProvider host, IReadOnlyList<ProbeFeatures> features, ProbeOptions options)
    {
        var dataset = host.GetRequiredService<ArkDatasets>().Create(DatasetCatalogue.Load(small.Catalogue(_folder)).Get("noise"));
        return host
            .GetRequiredService<LinearProbe>()
            .ProbeAsync(dataset, features, options, cancellationToken: TestContext.Current.CancellationToken);
    }
}
