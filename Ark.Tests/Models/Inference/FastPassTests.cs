using Ark.Models;
using FsCheck.Xunit;
using TorchSharp;
using static TorchSharp.torch;

namespace Ark.Tests.Models;

public class FastPassTests(FormulaModel formula) : IClassFixture<FormulaModel>
{
    public static TheoryData<string> SwinCases => ["a_img64_w8_d24", "b_img56_w7_d16", "c_rect_ape_nobias", "d_img112_w7_d12"];

    public static TheoryData<string, string> ArkCases =>
        new MatrixTheoryData<string, string>(["none", "linear", "mlp", "mlp_identity_head"], ["student", "teacher"]);

    [Theory]
    [MemberData(nameof(SwinCases))]
    public void Pooled_features_are_those_of_timm(string name)
    {
        using var scope = NewDisposeScope();
        var backbone = Reference.Configuration(Reference.Json("01_swin_tiny", name, "config.json").GetProperty("kwargs"));
        using var model = ArkModel.Allocate(new ArkModelConfiguration
        {
            Backbone = backbone,
            Projector = ProjectorKind.None,
            Heads = [new ArkHead("none", 0)],
        });
        model.load_state_dict(Reference.Tensors("01_swin_tiny", name, "weights.safetensors"), strict: false);
        var io = Reference.Tensors("01_swin_tiny", name, "io.safetensors");
        using var engine = InferenceEngine.Create(model);
        Reference.AssertClose("pooled", engine.Pooled(io["input"]), io["pooled"]);
    }

    [Theory]
    [MemberData(nameof(ArkCases))]
    public void Outputs_are_those_of_the_original(string name, string network)
    {
        using var scope = NewDisposeScope();
        using var model = ArkModelTests.Load(name, network);
        using var engine = InferenceEngine.Create(model);
        var io = Reference.Tensors("02_ark_tiny", name, "io.safetensors");
        var logits = engine.Logits(io["input"]);
        for (var head = 0; head < logits.Count; head++) Reference.AssertClose($"all.{head}", logits[head], io[$"{network}.all.{head}"]);
        Reference.AssertClose("before_proj", engine.Pooled(io["input"]), io[$"{network}.embeddings.before_proj"]);
        if (model.Configuration.Projector != ProjectorKind.None)
            Reference.AssertClose("after_proj", engine.Projected(io["input"]), io[$"{network}.embeddings.after_proj"]);
    }

    [Theory]
    [MemberData(nameof(FullSizeRecording.Names), MemberType = typeof(FullSizeRecording))]
    public void Full_size_model_gives_the_recorded_outputs(string recording)
    {
        using var scope = NewDisposeScope();
        var expected = FullSizeRecording.Tensors(recording);
        using var engine = InferenceEngine.Create(formula.Model);
        const InferenceOutputs Outputs = InferenceOutputs.Pooled | InferenceOutputs.Projected | InferenceOutputs.Logits;
        var result = engine.Run(expected["input"], Outputs);
        Reference.AssertClose("pooled", result.Pooled!, expected["pooled.f64"]);
        Reference.AssertClose("projected", result.Projected!, expected["projected.f64"]);
        foreach (var (head, logits) in formula.Model.Configuration.Heads.Zip(
            result.Logits!)) Reference.AssertClose(head.Name, logits, expected[$"logits.{head.Name}.f64"]);

        foreach (var (precision, least) in (ReadOnlySpan<(InferencePrecision, double)>)
        [
            (InferencePrecision.Bf16, 0.999), (InferencePrecision.Int8, 0.995)
        ])
        {
            using var rounded = InferenceEngine.Create(formula.Model, precision);
            AssertDirection($"{precision}, pooled", rounded.Pooled(expected["input"]), expected["pooled.f64"], least);
            AssertDirection($"{precision}, projected", rounded.Projected(expected["input"]), expected["projected.f64"], least);
        }

        static void AssertDirection(string name, Tensor embedding, Tensor expected, double least)
        {
            var cosine = nn.functional
                .cosine_similarity(embedding.to(ScalarType.Float64), expected.reshape(embedding.shape))
                .min()
                .item<double>();
            TestContext.Current.TestOutputHelper?.WriteLine($"{name}: {cosine}");
            Assert.True(cosine >= least, $"{name}: {cosine}");
        }
    }

    [Fact]
    public void Callers_on_several_threads_get_what_one_caller_gets()
    {
        using var scope = NewDisposeScope();
        using var model = new ArkModel(TinyModel.Configuration, new Generator(1));
        using var engine = InferenceEngine.Create(model, InferencePrecision.Fp32, threads: 2);
        using var other = InferenceEngine.Create(model, InferencePrecision.Fp32, threads: 1);
        var images = Enumerable.Range(0, 8).Select(i => randn([1 + (i % 3), 3, 16, 16], generator: new Generator((ulong)i))).ToArray();
        var expected = images.Select(engine.Pooled).ToArray();
        Parallel.For(0, 64, i =>
        {
            using var got = (i % 2 == 0 ? engine : other).Pooled(images[i % 8]);
            Reference.AssertSame("pooled", got, expected[i % 8], engine);
        });
    }

    [Fact]
    public void Output_of_an_image_does_not_depend_on_its_batch_nor_on_the_number_of_threads()
    {
        using var scope = NewDisposeScope();
        using var model = new ArkModel(TinyModel.Configuration, new Generator(1));
        var images = randn([7, 3, 16, 16], generator: new Generator(2));
        foreach (var precision in Enum.GetValues<InferencePrecision>())
        {
            using var two = InferenceEngine.Create(model, precision, threads: 2);
            using var one = InferenceEngine.Create(model, precision, threads: 1);
            var together = two.Tokens(images);
            for (var i = 0; i < 7; i++)
                Reference.AssertSame($"{precision}, image {i}", one.Tokens(images.narrow(0, i, 1)), together.narrow(0, i, 1), one);
        }
    }

    // The same shapes every time: what these compare is rounding, and a rare draw that amplifies it more than the bar allows for tells of
    // no change.
    private const string Draws = "(1405006117752879898,4182029872951049311)";

    /// <summary>
    /// Networks of a few channels amplify rounding (the layer norm of two values is a sign), so the bar is widened by what single precision
    /// costs the plain path.
    /// </summary>
    [Property(MaxTest = 15, Replay = Draws)]
    public void Fast_and_plain_path_agree_whatever_the_shape(int seed)
    {
        using var scope = NewDisposeScope();
        var draw = new RandomStream((ulong)(uint)seed);
        var configuration = Draw(draw);
        var backbone = configuration.Backbone;
        using var model = new ArkModel(configuration, new Generator((ulong)(uint)seed));
        Enlarge(model, new Generator((ulong)(uint)seed + 1));
        using var engine = InferenceEngine.Create(model, InferencePrecision.Fp32, threads: 1 + Next(draw, 2));
        var images = randn(
            [1 + Next(draw, 5), backbone.InputChannels, backbone.ImageHeight, backbone.ImageWidth],
            generator: new Generator((ulong)(uint)seed));
        if (Next(draw, 4) == 0) images = images.permute(0, 1, 3, 2).contiguous().permute(0, 1, 3, 2);
        var outputs = InferenceOutputs.Tokens | InferenceOutputs.Pooled | InferenceOutputs.Logits | (configuration.Projector == ProjectorKind.None
            ? InferenceOutputs.None
            : InferenceOutputs.Projected);
        var fast = engine.Run(images, outputs);
        var plain = engine.RunPlain(images, outputs);
        model.to(ScalarType.Float64);
        var exact = engine.RunPlain(images.to(ScalarType.Float64), outputs);
        AssertAsExact("tokens", fast.Tokens!, plain.Tokens!, exact.Tokens!);
        AssertAsExact("pooled", fast.Pooled!, plain.Pooled!, exact.Pooled!);
        if (plain.Projected is not null) AssertAsExact("projected", fast.Projected!, plain.Projected, exact.Projected!);
        for (var k = 0; k < plain.Logits!.Count; k++) AssertAsExact("logits", fast.Logits![k], plain.Logits[k], exact.Logits![k]);

        static void AssertAsExact(string name, Tensor fast, Tensor plain, Tensor exact) =>
            Reference.AssertClose(name, fast, exact, Reference.Tolerance + (3 * Reference.Deviation(plain, exact)));
    }

    /// <summary>
    /// Networks of a few channels amplify any rounding (the layer norm of two values is a sign), so the bar of 0.999 is widened by what
    /// rounding the weights alone does to the plain path.
    /// </summary>
    [Property(MaxTest = 10, Replay = Draws)]
    public void Bf16_keeps_the_direction_of_the_embedding_whatever_the_shape(int seed)
    {
        using var scope = NewDisposeScope();
        var draw = new RandomStream((ulong)(uint)seed);
        var configuration = Draw(draw);
        using var model = new ArkModel(configuration, new Generator((ulong)(uint)seed));
        Enlarge(model, new Generator((ulong)(uint)seed + 1));
        var images = randn(
        [
            1 + Next(draw, 5), configuration.Backbone.InputChannels, configuration.Backbone.ImageHeight, configuration.Backbone.ImageWidth
        ],
            generator: new Generator((ulong)(uint)seed));
        using var engine = InferenceEngine.Create(model, InferencePrecision.Bf16, threads: 1 + Next(draw, 2));
        var plain = engine.RunPlain(images, InferenceOutputs.Tokens).Tokens!.flatten(1);
        var got = 1 - nn.functional.cosine_similarity(engine.Tokens(images).flatten(1), plain).min().item<float>();
        RoundToBf16(model);
        var rounding = 1 - nn.functional
            .cosine_similarity(engine.RunPlain(images, InferenceOutputs.Tokens).Tokens!.flatten(1), plain)
            .min()
            .item<float>();
        Assert.True(got <= 0.001 + (3 * rounding), $"seed {seed}: 1 - cosine {got}, by rounding the weights alone {rounding}");
    }

    [Theory]
    [InlineData("swin_tiny_patch4_window7_224")]
    [InlineData("swin_mini")]
    public void Int8_keeps_the_direction_of_the_embedding(string architecture)
    {
        Assert.SkipUnless(KernelWidth.IsSupported && Int8Kernel.IsSupported, Int8Kernel.Obstacle ?? "The processor has no AVX-512.");
        using var scope = NewDisposeScope();
        var backbone = SwinVariants.Get(architecture) with { NumClasses = 0 };
        using var model = new ArkModel(
            new ArkModelConfiguration { Backbone = backbone, Projector = ProjectorKind.None, Heads = [new ArkHead("one", 3)] },
            new Generator(1));
        Enlarge(model, new Generator(2));
        var images = randn([2, 3, backbone.ImageHeight, backbone.ImageWidth], generator: new Generator(3));
        using var exact = InferenceEngine.Create(model);
        using var rounded = InferenceEngine.Create(model, InferencePrecision.Int8);
        var cosine = nn.functional.cosine_similarity(rounded.Pooled(images), exact.Pooled(images)).min().item<float>();
        TestContext.Current.TestOutputHelper?.WriteLine($"{architecture}: {cosine}");
        // Less than one: it is computed with integers.
        Assert.InRange(cosine, 0.99, 0.999999);
    }

    [Fact]
    public void Fast_path_runs_where_the_processor_has_the_instructions()
    {
        using var model = new ArkModel(TinyModel.Configuration, new Generator(1));
        using var engine = InferenceEngine.Create(model);
        Assert.Equal(KernelWidth.IsSupported, engine.IsFast);
    }

    private static ArkModelConfiguration Draw(RandomStream draw)
    {
        int[] windows = [2, 3, 4, 5, 7];
        var window = windows[Next(draw, windows.Length)];
        var stages = 1 + Next(draw, 3);
        var heads = 1 + Next(draw, 3);
        var patch = 1 + Next(draw, 4);
        return new ArkModelConfiguration
        {
            Backbone = new SwinConfiguration
            {
                ImageHeight = patch * (window << (stages - 1)) * (1 + Next(draw, 2)),
                ImageWidth = patch * (window << (stages - 1)) * (1 + Next(draw, 2)),
                InputChannels = 1 + Next(draw, 3),
                PatchSize = patch,
                WindowSize = window,
                EmbedDim = heads * (1 + Next(draw, stages == 1 ? 40 : 12)),
                Depths = [.. Enumerable.Range(0, stages).Select(_ => 1 + Next(draw, 2))],
                NumHeads = [.. Enumerable.Range(0, stages).Select(i => heads << i)],
                MlpRatio = 1 + (Next(draw, 7) / 2.0),
                AbsolutePositionEmbedding = Next(draw, 2) == 0,
                PatchNorm = Next(draw, 2) == 0,
                QkvBias = Next(draw, 2) == 0,
                NumClasses = 0,
            },
            Projector = (ProjectorKind)Next(draw, 3),
            ProjectorFeatures = 1 + Next(draw, 70),
            Heads = [new ArkHead("first", 1 + Next(draw, 20)), new ArkHead("identity", 0)],
        };
    }

    /// <summary>Fresh weights are so small that a wrong bias or mask would not be seen.</summary>
    private static void Enlarge(ArkModel model, Generator generator)
    {
        using var off = no_grad();
        foreach (var (name, parameter) in model.named_parameters())
        {
            if (name.Contains("norm", StringComparison.Ordinal)) parameter.add_(randn(parameter.shape, generator: generator) * 0.1);
            else if (parameter.dim() == 1 || name.Contains("bias_table", StringComparison.Ordinal))
                parameter.copy_(randn(parameter.shape, generator: generator) * 0.5);
            else parameter.copy_(randn(parameter.shape, generator: generator) / Math.Sqrt(parameter.numel() / parameter.shape[0]));
        }
    }

    private static void RoundToBf16(ArkModel model)
    {
        using var off = no_grad();
        foreach (var (_, parameter) in model.named_parameters()) parameter.copy_(parameter.to(ScalarType.BFloat16));
    }

    private static int Next(RandomStream draw, int count) => (int)(draw.NextDouble() * count);
}
