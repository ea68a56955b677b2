using Ark.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace Ark.Tests.Models;

/// <summary>Modules that are not what packing rests on, at the public entries that read parameters through bare addresses.</summary>
public class SinglePrecisionTests
{
    [Theory]
    [InlineData(ScalarType.Float64)]
    [InlineData(ScalarType.Float16)]
    [InlineData(ScalarType.BFloat16)]
    public void One_parameter_of_another_type_leaves_the_fast_path(ScalarType type)
    {
        using var scope = NewDisposeScope();
        foreach (var owner in Owners())
        {
            using var model = Model();
            model.named_modules().Single(m => m.name == owner).module.to(type);
            using var engine = InferenceEngine.Create(model);
            Assert.False(engine.IsFast, owner);
        }
    }

    [Fact]
    public void All_but_one_norm_in_double_precision_leaves_the_fast_path()
    {
        // What corrupted the heap: only this norm was asked for its type.
        using var scope = NewDisposeScope();
        using var model = Model();
        foreach (var (name, child) in model.named_children())
        {
            if (name != "norm") child.to(ScalarType.Float64);
        }

        using var engine = InferenceEngine.Create(model);
        Assert.False(engine.IsFast);
    }

    [Fact]
    public void A_module_without_memory_leaves_the_fast_path()
    {
        using var scope = NewDisposeScope();
        using var model = ArkModel.Allocate(TinyModel.Configuration, META);
        using var engine = InferenceEngine.Create(model);
        Assert.False(engine.IsFast);
        using var mixed = Model();
        mixed.named_modules().Single(m => m.name == "norm").module.to(META);
        using var other = InferenceEngine.Create(mixed);
        Assert.False(other.IsFast);
    }

    [Fact]
    public void Strides_and_offsets_change_no_number()
    {
        using var scope = NewDisposeScope();
        using var off = no_grad();
        var images = randn([2, 3, 16, 16], generator: new Generator(2));
        using var model = Model();
        using var before = InferenceEngine.Create(model);
        var wanted = before.Logits(images);
        foreach (var parameter in model.parameters())
        {
            // Every second number of a larger memory, past its beginning.
            var room = full([.. parameter.shape, 2], float.NaN);
            var view = room.select(parameter.dim(), 1);
            view.copy_(parameter);
            parameter.set_(view);
            Assert.True(parameter.numel() < 2 || !parameter.is_contiguous());
            Assert.NotEqual(0, parameter.storage_offset());
        }

        using var engine = InferenceEngine.Create(model);
        Assert.Equal(before.IsFast, engine.IsFast);
        foreach (var (got, expected) in engine.Logits(images).Zip(wanted)) Reference.AssertClose("logits", got, expected, 1e-6);
    }

    [Fact]
    public void A_parameter_of_another_shape_is_refused_by_name_of_the_shapes()
    {
        Assert.SkipUnless(KernelWidth.IsSupported, "Nothing is packed here.");
        using var scope = NewDisposeScope();
        using var off = no_grad();
        foreach (var name in Names())
        {
            using var model = Model();
            var parameter = model.get_parameter(name)!;
            var shape = parameter.shape;
            shape[0]++;
            parameter.set_(zeros(shape));
            var error = Assert.Throws<ArgumentException>(() => InferenceEngine.Create(model));
            Assert.Contains("the shape [" + string.Join(", ", shape) + "]", error.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_disposed_parameter_is_refused_by_name()
    {
        using var scope = NewDisposeScope();
        using var model = Model();
        model.get_parameter("norm.weight")!.Dispose();
        var error = Assert.ThrowsAny<Exception>(() => InferenceEngine.Create(model));
        Assert.True(error is ArgumentException or ObjectDisposedException or InvalidOperationException, error.ToString());
    }

    private static ArkModel Model()
    {
        var model = new ArkModel(TinyModel.Configuration, new Generator(1));
        foreach (var parameter in model.parameters()) parameter.requires_grad = false;
        model.eval();
        return model;
    }

    private static List<string> Names()
    {
        using var model = Model();
        return [.. model.named_parameters().Select(p => p.name)];
    }

    // The modules that have parameters themselves.
    private static List<string> Owners()
    {
        using var model = Model();
        return [.. model.named_modules().Where(m => m.module.named_parameters(recurse: false).Any()).Select(m => m.name)];
    }
}
