using Ark.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace Ark.Tests.Leaks;

public class ModelMemoryTests
{
    [Fact]
    public void Forward_leaves_no_tensor_but_what_it_returns()
    {
        using var model = new ArkModel(TinyModel.Configuration, new Generator(1));
        using var images = rand(2, 3, 16, 16);
        model.train();
        Count(0, () => model.forward(images, 0).Release());
        Count(0, () => model.forward(images, 1).Release());
        Count(0, () => model.forward(images).ToList().ForEach(t => t.Dispose()));
        Count(0, () => model.Embed(images, afterProjector: true).Dispose());
        Count(0, () => model.Embed(images, afterProjector: false).Dispose());
        Count(0, () => model.StageFeatures(images).ToList().ForEach(t => t.Dispose()));
        Count(2, () => model.forward(images, 0));
        model.eval();
        using var off = no_grad();
        Count(0, () => model.forward(images, 0).Release());
        Count(0, () => model.forward(images).ToList().ForEach(t => t.Dispose()));
        Count(3, () =>
        {
            model.StageFeatures(images);
            model.Pool(images);
        });
    }

    [Fact]
    public void Building_and_disposing_a_model_leaves_no_tensor() => Count(0, () =>
    {
        new ArkModel(TinyModel.Configuration, generator: null).Dispose();
        ArkModel.Allocate(TinyModel.Configuration).Dispose();
    });

    [Fact]
    public void Model_outlives_the_dispose_scope_that_it_was_built_in()
    {
        ArkModel model;
        using (NewDisposeScope()) model = new ArkModel(TinyModel.Configuration);
        using (model)
        {
            using var scope = NewDisposeScope();
            Assert.Equal([2, 3], model.forward(rand(2, 3, 16, 16), 0).Logits.shape);
        }
    }

    [Fact]
    public void Model_moves_to_another_type_with_all_its_state()
    {
        using var scope = NewDisposeScope();
        using var off = no_grad();
        using var model = new ArkModel(TinyModel.Configuration, new Generator(1));
        model.eval();
        var images = rand(2, 3, 16, 16);
        var before = model.forward(images, 0).Logits;
        model.to(ScalarType.Float64);
        Assert.All(
            model.state_dict(),
            p => Assert.Equal(p.Key.EndsWith("index", StringComparison.Ordinal) ? ScalarType.Int64 : ScalarType.Float64, p.Value.dtype));
        Reference.AssertClose("float64", model.forward(images.to(ScalarType.Float64), 0).Logits, before, 1e-5);
    }

    private static void Count(long expected, Action action)
    {
        action();
        var before = DisposeScopeManager.Statistics.ThreadTotalLiveCount;
        action();
        Assert.Equal(expected, DisposeScopeManager.Statistics.ThreadTotalLiveCount - before);
    }
}
