using Ark.Inference;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using static TorchSharp.torch;

namespace Ark.Tests.Inference;

/// <summary>What a host gets, and that it is what the network says.</summary>
public class ArkServiceCollectionExtensionsTests(SmallModel small) : IClassFixture<SmallModel>
{
    [Fact]
    public async Task Probabilities_are_sigmoid_or_softmax_of_the_logits_exactly_once()
    {
        await using var host = small.Host();
        var prediction = await host
            .GetRequiredKeyedService<IArkClassifier>("small")
            .ClassifyAsync(SmallModel.Content(5), TestContext.Current.CancellationToken);
        using var scope = NewDisposeScope();
        using var off = no_grad();
        using var model = LoadedModel.Load(small.Checkpoint);
        var logits = model.Model.forward(View(host, 5));
        float[][] expected =
        [
            logits[0].sigmoid().data<float>().ToArray(), logits[1].softmax(1).data<float>().ToArray(),
            logits[2].sigmoid().data<float>().ToArray()
        ];
        Assert.Equal(["Findings", "Triage", "View"], prediction.Heads.Select(h => h.Name));
        foreach (var (head, wanted) in prediction.Heads.Zip(expected))
            Assert.All(head.Labels.Zip(wanted), p => Assert.Equal(p.Second, p.First.Probability, 1e-6));
        Assert.Equal(1, prediction.Heads[1].Labels.Sum(l => l.Probability), 1e-12);
        Assert.Equal(prediction.Heads[0].Labels[1].Probability, prediction.Probability("Findings", "Edema"));
        Assert.Null(prediction.Probability("Findings", "AP"));
    }

    [Fact]
    public void The_device_that_a_hosts_configuration_names_holds_unless_the_host_says_otherwise()
    {
        string Device(Action<ArkOptions>? configure)
        {
            var services = new ServiceCollection();
            services.AddSingleton<IConfiguration>(new ConfigurationBuilder()
                .AddInMemoryCollection(new Dictionary<string, string?>(StringComparer.Ordinal) { ["Ark:Device"] = "cuda:1" })
                .Build());
            services.AddArk(configure);
            services.AddArk();
            using var provider = services.BuildServiceProvider();
            return provider.GetRequiredService<IOptions<ArkOptions>>().Value.Device;
        }

        Assert.Equal("cuda:1", Device(null));
        Assert.Equal("cpu", Device(o => o.Device = "cpu"));
    }

    [Fact]
    public async Task Embeddings_are_pooled_or_projected_and_the_dimensions_choose()
    {
        await using var host = small.Host();
        var generator = host.GetRequiredService<IEmbeddingGenerator<DataContent, Embedding<float>>>();
        Assert.Equal(("small", 192), (
            generator.GetService<EmbeddingGeneratorMetadata>()!.DefaultModelId,
            generator.GetService<EmbeddingGeneratorMetadata>()!.DefaultModelDimensions));
        var pooled = await generator.GenerateAsync(
            [SmallModel.Content(1), SmallModel.Content(2)], cancellationToken: TestContext.Current.CancellationToken);
        var projected = await generator.GenerateAsync(
            [SmallModel.Content(2)], new EmbeddingGenerationOptions { Dimensions = 24 }, TestContext.Current.CancellationToken);
        var refused = await Assert.ThrowsAsync<ArkInputException>(() => generator.GenerateAsync(
            [SmallModel.Content(2)], new EmbeddingGenerationOptions { Dimensions = 1024 }, TestContext.Current.CancellationToken));
        Assert.Contains("192", refused.Message, StringComparison.Ordinal);
        using var scope = NewDisposeScope();
        using var off = no_grad();
        using var model = LoadedModel.Load(small.Checkpoint);
        AssertClose(model.Model.Embed(View(host, 2), afterProjector: false), pooled[1]);
        AssertClose(model.Model.Embed(View(host, 2), afterProjector: true), projected[0]);
    }

    [Fact]
    public async Task Several_models_live_under_their_names_and_the_first_is_the_unnamed_one()
    {
        var services = new ServiceCollection();
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["m:Checkpoint"] = small.Checkpoint,
            ["m:Embedding"] = "Projected",
            ["m:MaxBatchDelay"] = "00:00:00.002",
        }).Build();
        services.AddArk().AddModel("first", o => o.Checkpoint = small.Checkpoint).AddModel("second", configuration.GetSection("m"));
        await using var host = services.BuildServiceProvider();
        Assert.Same(host.GetRequiredKeyedService<IArkClassifier>("first"), host.GetRequiredService<IArkClassifier>());
        Assert.NotSame(host.GetRequiredKeyedService<IArkClassifier>("first"), host.GetRequiredKeyedService<IArkClassifier>("second"));
        var second = host.GetRequiredKeyedService<IEmbeddingGenerator<DataContent, Embedding<float>>>("second");
        Assert.Equal(24, (await second.GenerateAsync([SmallModel.Content(0)], cancellationToken: TestContext.Current.CancellationToken))[
            0].Vector.Length);
    }

    [Theory]
    [InlineData("MaxBatchSize", "0")]
    [InlineData("Embedding", "Tokens")]
    [InlineData("MaxBatchDelay", "01:00:00")]
    [InlineData("Checkpoint", "")]
    public void Options_that_cannot_be_used_are_refused_by_name(string key, string value)
    {
        var values = new Dictionary<string, string?> { ["m:Checkpoint"] = small.Checkpoint };
        values["m:" + key] = value;
        var services = new ServiceCollection();
        services.AddArk().AddModel("m", new ConfigurationBuilder().AddInMemoryCollection(values).Build().GetSection("m"));
        using var host = services.BuildServiceProvider();
        var refused = Assert.Throws<OptionsValidationException>(() => host.GetRequiredService<IOptionsMonitor<ArkModelOptions>>().Get("m"));
        Assert.Contains(key, refused.Message, StringComparison.Ordinal);
    }

    private static Tensor View(IServiceProvider host, int seed)
    {
        var view = new float[3 * 32 * 32];
        new Ark.Data.EvaluationTransform(32, 32).Apply(
            host.GetRequiredService<IImageDecoder>().Decode(SmallModel.Png(seed), "image"), new RandomStream(0), view);
        return tensor(view, [1, 3, 32, 32]);
    }

    private static void AssertClose(Tensor expected, Embedding<float> actual) =>
        Assert.All(expected.data<float>().ToArray().Zip(actual.Vector.ToArray()), p => Assert.Equal(p.First, p.Second, 1e-5f));
}
