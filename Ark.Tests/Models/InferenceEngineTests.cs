using Ark.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace Ark.Tests.Models;

public class InferenceEngineTests
{
    [Fact]
    public void Engine_gives_what_the_model_gives()
    {
        using var scope = NewDisposeScope();
        using var off = no_grad();
        using var model = new ArkModel(ModelMemoryTests.Tiny, new Generator(1));
        model.eval();
        using var engine = InferenceEngine.Create(model);
        var images = randn([3, 3, 16, 16], generator: new Generator(2));
        Reference.AssertClose("pooled", engine.Pooled(images), model.Embed(images, afterProjector: false), 1e-6);
        Reference.AssertClose("projected", engine.Projected(images), model.Embed(images, afterProjector: true), 1e-6);
        foreach (var (got, wanted) in engine.Logits(images).Zip(model.forward(images))) Reference.AssertClose("logits", got, wanted, 1e-6);
        var tokens = engine.Tokens(images);
        Assert.Equal([3, 16, 8], tokens.shape);
        Reference.AssertClose("tokens", tokens.mean([1]), model.Pool(images), 1e-6);
        using var both = engine.Run(images, InferenceOutputs.Projected | InferenceOutputs.Pooled);
        Assert.Null(both.Logits);
        Reference.AssertClose("both", both.Projected!, model.Embed(images, afterProjector: true), 1e-6);
    }

    [Fact]
    public void Engine_leaves_no_tensor_but_what_it_returns()
    {
        using var model = new ArkModel(ModelMemoryTests.Tiny, new Generator(1));
        using var engine = InferenceEngine.Create(model);
        using var images = rand(2, 3, 16, 16);
        foreach (var outputs in (InferenceOutputs[])[InferenceOutputs.Tokens, InferenceOutputs.Pooled, InferenceOutputs.Projected | InferenceOutputs.Logits])
        {
            engine.Run(images, outputs).Dispose();
            var before = DisposeScopeManager.Statistics.ThreadTotalLiveCount;
            engine.Run(images, outputs).Dispose();
            Assert.Equal(before, DisposeScopeManager.Statistics.ThreadTotalLiveCount);
        }
    }

    [Fact]
    public void Projected_embedding_of_a_model_without_projector_is_refused()
    {
        using var model = ArkModel.Allocate(ModelMemoryTests.Tiny with { Projector = ProjectorKind.None });
        using var engine = InferenceEngine.Create(model);
        using var images = zeros(1, 3, 16, 16);
        Assert.Contains("no projector", Assert.Throws<InvalidOperationException>(() => engine.Projected(images)).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => engine.Pooled(images.narrow(3, 0, 8)));
    }
}
