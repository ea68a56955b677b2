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
        using var model = new ArkModel(TinyModel.Configuration, new Generator(1));
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
    public async Task Engine_that_is_disposed_while_others_use_it_finishes_what_runs_and_refuses_the_rest()
    {
        using var model = new ArkModel(TinyModel.Configuration, new Generator(1));
        var engine = InferenceEngine.Create(model);
        using var images = rand(8, 3, 16, 16);
        using var started = new CountdownEvent(4);
        var callers = Enumerable.Range(0, 4).Select(_ => Task.Run(() =>
        {
            for (var runs = 0; ; runs++)
            {
                try
                {
                    using var result = engine.Run(images, InferenceOutputs.Pooled | InferenceOutputs.Logits);
                    Assert.True(result.Pooled!.isfinite().all().item<bool>());
                }
                catch (ObjectDisposedException)
                {
                    return runs;
                }

                if (runs == 0) started.Signal();
            }
        })).ToArray();
        Assert.True(started.Wait(TimeSpan.FromMinutes(10), TestContext.Current.CancellationToken));
        engine.Dispose();
        engine.Dispose();
        Assert.All(await Task.WhenAll(callers), runs => Assert.True(runs > 0));
        Assert.Throws<ObjectDisposedException>(() => engine.Pooled(images));
    }

    [Fact]
    public void An_image_that_is_no_number_changes_neither_its_neighbors_nor_what_comes_after()
    {
        using var scope = NewDisposeScope();
        using var model = new ArkModel(new ArkModelConfiguration
        {
            Backbone = new SwinConfiguration
            {
                ImageHeight = 56,
                ImageWidth = 56,
                PatchSize = 4,
                EmbedDim = 36,
                Depths = [2, 2],
                NumHeads = [2, 2],
                WindowSize = 7,
                NumClasses = 0,
            },
            Projector = ProjectorKind.None,
            Heads = [new ArkHead("one", 3)],
        }, new Generator(1));
        foreach (var precision in Enum.GetValues<InferencePrecision>())
        {
            using var engine = InferenceEngine.Create(model, precision);
            var images = randn([5, 3, 56, 56], generator: new Generator(2));
            var alone = engine.Pooled(images.narrow(0, 0, 1));
            images[1] = float.NaN;
            images[4] = float.PositiveInfinity;
            var together = engine.Pooled(images);
            Reference.AssertSame($"{precision}, together", together.narrow(0, 0, 1), alone, engine);
            Assert.Equal([true, false, true, true, false], together.isfinite().all(1).data<bool>().ToArray());
            Reference.AssertSame($"{precision}, afterwards", engine.Pooled(images.narrow(0, 0, 1)), alone, engine);
        }
    }

    [Fact]
    public void An_engine_of_a_model_with_windows_that_do_not_tile_gives_what_the_model_gives()
    {
        using var scope = NewDisposeScope();
        using var off = no_grad();
        using var model = new ArkModel(new ArkModelConfiguration
        {
            Backbone = new SwinConfiguration
            {
                ImageHeight = 40,
                ImageWidth = 40,
                PatchSize = 4,
                EmbedDim = 16,
                Depths = [2, 1],
                NumHeads = [2, 2],
                WindowSize = 4,
                PadsWindows = true,
                NumClasses = 0,
            },
            Projector = ProjectorKind.None,
            Heads = [new ArkHead("one", 3)],
        }, new Generator(1));
        using var engine = InferenceEngine.Create(model);
        var images = randn([2, 3, 40, 40], generator: new Generator(2));
        Reference.AssertClose("logits", engine.Logits(images)[0], model.forward(images)[0], 1e-6);
    }

    [Fact]
    public void Engine_leaves_no_tensor_but_what_it_returns()
    {
        using var model = new ArkModel(TinyModel.Configuration, new Generator(1));
        using var engine = InferenceEngine.Create(model);
        using var images = rand(2, 3, 16, 16);
        foreach (var outputs in (InferenceOutputs[])
        [
            InferenceOutputs.Tokens, InferenceOutputs.Pooled, InferenceOutputs.Projected | InferenceOutputs.Logits
        ])
        {
            engine.Run(images, outputs).Dispose();
            var before = DisposeScopeManager.Statistics.ThreadTotalLiveCount;
            engine.Run(images, outputs).Dispose();
            Assert.Equal(before, DisposeScopeManager.Statistics.ThreadTotalLiveCount);
        }
    }

    // Some of its matrices are large enough to go from the file straight into the engine, some are not; one, the backbone's own classifier,
    // is, and has no place there.
    private static ArkModelConfiguration Wide => new()
    {
        Backbone = new SwinConfiguration
        {
            ImageHeight = 32,
            ImageWidth = 32,
            PatchSize = 4,
            EmbedDim = 160,
            Depths = [2, 1],
            NumHeads = [5, 10],
            WindowSize = 4,
            NumClasses = 300,
        },
        ProjectorFeatures = 300,
        Heads = [new ArkHead("one", 3), new ArkHead("two", 5)],
    };

    [Theory]
    [InlineData(4, InferencePrecision.Bf16)]
    [InlineData(6, InferencePrecision.Bf16)]
    [InlineData(6, InferencePrecision.Int8)]
    [InlineData(7, InferencePrecision.Bf16)]
    [InlineData(8, InferencePrecision.Int8)]
    public void Channels_that_do_not_come_in_groups_are_computed_in_single_precision(int channels, InferencePrecision precision)
    {
        using var scope = NewDisposeScope();
        var configuration = Wide with { Backbone = Wide.Backbone with { EmbedDim = channels, NumHeads = [1, 1] } };
        var (supported, group) = precision == InferencePrecision.Int8 ? (Int8Kernel.IsSupported, 4) : (Bf16Kernel.IsSupported, 2);
        var fits = supported && channels % group == 0;
        Assert.Equal(fits ? precision : InferencePrecision.Fp32, InferenceEngine.ActualOf(precision, configuration.Backbone));
        using var model = new ArkModel(configuration, new Generator(1));
        using var engine = InferenceEngine.Create(model, precision);
        using var single = InferenceEngine.Create(model);
        var images = randn([2, 3, 32, 32], generator: new Generator(2));
        Assert.Equal(!engine.IsFast || !fits, engine.Pooled(images).equal(single.Pooled(images)).all().item<bool>());
    }

    [Theory]
    [InlineData("model.pth.tar", InferencePrecision.Fp32)]
    [InlineData("model.pth.tar", InferencePrecision.Bf16)]
    [InlineData("model.pth.tar", InferencePrecision.Int8)]
    [InlineData("model.safetensors", InferencePrecision.Fp32)]
    public void Engine_from_a_file_gives_the_same_bits_as_one_from_the_model(string file, InferencePrecision precision)
    {
        using var folder = new TemporaryFolder();
        using var scope = NewDisposeScope();
        using var off = no_grad();
        using var model = new ArkModel(Wide, new Generator(1));
        if (file.EndsWith(".safetensors", StringComparison.Ordinal)) model.save_safetensors(folder.PathOf(file));
        else model.save_py(folder.PathOf(file));
        using var expected = InferenceEngine.Create(model, precision);
        using var engine = InferenceEngine.Load(folder.PathOf(file), precision);
        var images = randn([3, 3, 32, 32], generator: new Generator(2));
        const InferenceOutputs All =
            InferenceOutputs.Tokens | InferenceOutputs.Pooled | InferenceOutputs.Projected | InferenceOutputs.Logits;
        var (wanted, got) = (expected.Run(images, All), engine.Run(images, All));
        Assert.True(got.Tokens!.equal(wanted.Tokens!).all().item<bool>());
        Assert.True(got.Projected!.equal(wanted.Projected!).all().item<bool>());
        Assert.All(got.Logits!.Zip(wanted.Logits!), l => Assert.True(l.First.equal(l.Second).all().item<bool>()));
        // What is not single precision must not meet the weights that were never filled.
        Assert.True(engine.Pooled(images.to(ScalarType.Float64)).equal(wanted.Pooled!).all().item<bool>());
    }

    [Fact]
    public void Engine_from_a_damaged_file_is_refused()
    {
        using var folder = new TemporaryFolder();
        using var model = new ArkModel(Wide, new Generator(1));
        model.save_py(folder.PathOf("model.pth.tar"));
        var bytes = File.ReadAllBytes(folder.PathOf("model.pth.tar"));
        bytes[bytes.Length / 2] ^= 1;
        File.WriteAllBytes(folder.PathOf("damaged.pth.tar"), bytes);
        Assert.Throws<CheckpointException>(() => { InferenceEngine.Load(folder.PathOf("damaged.pth.tar")).Dispose(); });
    }

    [Fact]
    public void Projected_embedding_of_a_model_without_projector_is_refused()
    {
        using var model = ArkModel.Allocate(TinyModel.Configuration with { Projector = ProjectorKind.None });
        using var engine = InferenceEngine.Create(model);
        using var images = zeros(1, 3, 16, 16);
        Assert.Contains(
            "no projector", Assert.Throws<InvalidOperationException>(() => engine.Projected(images)).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => engine.Pooled(images.narrow(3, 0, 8)));
    }
}
