using Ark.Inference;
using Ark.Models;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using TorchSharp;
using static TorchSharp.torch;

namespace Ark.Tests.Inference;

public class LoadedModelTests(SmallModel small) : IClassFixture<SmallModel>
{
    [Fact]
    public void A_heat_map_uses_the_weights_that_are_loaded()
    {
        Assert.SkipUnless(KernelWidth.IsSupported, "Without kernels the plain network is what is loaded.");
        using var folder = new TemporaryFolder();
        var path = Copy(folder);
        using var model = LoadedModel.Load(path);
        var before = Explain(model);
        // What is read from the file from now on fails.
        File.Delete(path);
        Assert.Equal(before.Values, Explain(model).Values);
        Assert.False(model.IsPreparedFor(InferencePrecision.Bf16));
    }

    [Fact]
    public void A_heat_map_of_a_model_in_bfloat16_prepares_no_other_weights()
    {
        using var model = LoadedModel.Load(small.Checkpoint, precision: InferencePrecision.Bf16);
        Explain(model);
        Assert.False(model.IsPreparedFor(InferencePrecision.Fp32));
    }

    [Fact]
    public void The_plain_network_is_refused_when_the_file_has_changed_since_the_model_was_loaded()
    {
        Assert.SkipUnless(KernelWidth.IsSupported, "Without kernels the plain network is what is loaded.");
        using var folder = new TemporaryFolder();
        var path = Copy(folder);
        using var model = LoadedModel.Load(path);
        // Also where the model was named by a link.
        using var linked = LoadedModel.Load(File.CreateSymbolicLink(folder.PathOf("link.safetensors"), path).FullName);
        File.SetLastWriteTimeUtc(path, File.GetLastWriteTimeUtc(path).AddSeconds(10));
        Assert.Throws<ArkInputException>(() => linked.Model);
        var error = Assert.Throws<ArkInputException>(() => model.Model);
        Assert.Contains(path, error.Message, StringComparison.Ordinal);
        Assert.Contains("has changed", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_plain_network_has_every_weight_of_the_file()
    {
        using var scope = NewDisposeScope();
        using var model = LoadedModel.Load(small.Checkpoint);
        var stored = Safetensors.Load(small.Checkpoint);
        var network = model.Model.state_dict();
        Assert.All(stored, t => Assert.Equal(RecordedTree.BytesOf(t.Value), RecordedTree.BytesOf(network[t.Key])));
        Assert.False(model.Model.training);
    }

    [Fact]
    public void A_checkpoint_is_refused_when_it_describes_another_network_than_its_tensors_are_of()
    {
        using var folder = new TemporaryFolder();
        var description = new ModelDescription
        {
            Architecture = "swin_tiny_patch4_window7_224",
            ImageSize = 224,
            UseMlpProjector = true,
            ProjectorFeatures = 16,
            Normalization = Normalization.ImageNet,
            Heads = [new ArkHead("View", new LabelSchema(LabelTask.Binary, ["AP"]))],
        };
        using var network = ArkModel.Allocate(description.Configuration());
        // The masks of shifted windows are of another size then, and nothing else is.
        PyTorchFile.Save(folder.PathOf("other.pth.tar"), new OrderedDictionary<string, object?>
        {
            ["teacher"] = new OrderedDictionary<string, Tensor>(network.state_dict()),
            ["ark"] = new OrderedDictionary<string, object?>
            {
                ["format"] = 3L,
                ["model"] = DescriptionCodec.Encode(description with { ImageSize = 448 }),
            },
        });
        var error = Assert.Throws<CheckpointException>(() => LoadedModel.Load(folder.PathOf("other.pth.tar")));
        Assert.Contains("the description is of another network", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_description_names_the_file_and_what_is_known_when_its_normalization_is_unknown()
    {
        var stored = new PickleDictionary();
        stored.Add("normalization", "sepia");
        var error = Assert.Throws<ArkInputException>(() => new CheckpointSection("run.pth.tar", "ark.model", stored).GetNormalization(
            "normalization"));
        Assert.Equal("run.pth.tar, key 'ark.model.normalization': 'sepia' is unknown. Known are imagenet, chestx-ray and none; a file of "
            + "a newer version needs a newer Ark.", error.Message);
    }

    [Theory]
    [InlineData(null, 32)]
    [InlineData(64, 64)]
    public void An_image_size_that_the_file_does_not_tell_may_be_said(int? said, int expected)
    {
        using var scope = NewDisposeScope();
        using var folder = new TemporaryFolder();
        var configuration = SmallModel.Configuration with
        {
            Backbone = new SwinConfiguration { WindowSize = 4, EmbedDim = 16, Depths = [2, 2], NumHeads = [1, 2], NumClasses = 0 }
                .WithImageSize(64, 64),
        };
        using var source = new ArkModel(configuration, new Generator(1));
        Safetensors.Save(folder.PathOf("a.safetensors"), source.state_dict().Where(t => !HarmlessNames.IsRecomputed(t.Key)));
        using var model = LoadedModel.Load(folder.PathOf("a.safetensors"), imageSize: said);
        Assert.Equal(expected, model.Description.ImageSize);
        var images = rand(2, 3, expected, expected, generator: new Generator(2));
        using var result = model.Engine(InferencePrecision.Fp32).Pooled(images);
        if (said is null) return;
        source.eval();
        Reference.AssertClose("pooled", result, source.Pool(images));
        using var plain = ArkModel.Load(folder.PathOf("a.safetensors"), configuration);
        Reference.AssertClose("plain", plain.Pool(images), source.Pool(images));
        source.save_py(folder.PathOf("told.pth"));
        Assert.Contains("64 pixels, not 128", Assert.Throws<ArkInputException>(
            () => LoadedModel.Load(folder.PathOf("told.pth"), imageSize: 128)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("norm.bias", float.NaN)]
    [InlineData("layers.0.blocks.0.mlp.fc2.weight", float.PositiveInfinity)]
    [InlineData("omni_heads.1.weight", float.NegativeInfinity)]
    public void Weights_that_are_not_finite_are_refused_by_the_tensor_wherever_they_are_read_for_use(string name, float number)
    {
        using var scope = NewDisposeScope();
        using var folder = new TemporaryFolder();
        // Large enough that matrices go straight from the file into the engine's order.
        var configuration = SmallModel.Configuration with { Backbone = SmallModel.Configuration.Backbone with { EmbedDim = 192 } };
        using var source = new ArkModel(configuration, new Generator(1));
        using (no_grad()) source.state_dict()[name].view(-1)[^1] = tensor(number);
        foreach (var path in (string[])[folder.PathOf("a.pth"), folder.PathOf("a.safetensors")])
        {
            if (path.EndsWith(".pth", StringComparison.Ordinal)) source.save_py(path);
            else source.save_safetensors(path);
            AssertRefused(() => LoadedModel.Load(path).Dispose());
            AssertRefused(() => LoadedModel.LoadPlain(path, ModelRole.Teacher).Dispose());
            using var kept = new ArkModel(configuration, new Generator(2));
            using var same = new ArkModel(configuration, new Generator(2));
            AssertRefused(() => kept.load_checkpoint(path));
            AssertRefused(() => kept.load_checkpoint(path, strict: false));
            Assert.All(kept.state_dict(), t => Assert.True(t.Value.equal(same.state_dict()[t.Key]).all().item<bool>(), t.Key));
        }

        void AssertRefused(Action load)
        {
            var error = Assert.Throws<CheckpointException>(load);
            Assert.Contains($"tensor '{name}'", error.Message, StringComparison.Ordinal);
            Assert.Contains("not finite", error.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void The_actual_precision_is_single_where_bfloat16_cannot_be_had()
    {
        using var model = LoadedModel.Load(small.Checkpoint, precision: InferencePrecision.Bf16);
        Assert.Equal(
            InferenceEngine.Packs(model.Configuration.Backbone) && InferenceEngine.PacksBf16(model.Configuration.Backbone)
                ? InferencePrecision.Bf16
                : InferencePrecision.Fp32,
            model.ActualPrecision);
        Assert.Equal(InferencePrecision.Bf16, model.Precision);
    }

    [Fact]
    public void A_disposed_model_is_refused()
    {
        var model = LoadedModel.Load(small.Checkpoint);
        model.Dispose();
        model.Dispose();
        Assert.Throws<ObjectDisposedException>(() => model.Engine(InferencePrecision.Fp32));
        Assert.Throws<ObjectDisposedException>(() => model.Model);
    }

    [Fact]
    public async Task Models_of_one_file_share_its_weights_until_the_last_is_disposed()
    {
        using var folder = new TemporaryFolder();
        var link = folder.PathOf("link.safetensors");
        File.CreateSymbolicLink(link, small.Checkpoint);
        var log = new CapturedLog();
        LoadedModel first;
        await using (var host = Host(
            log, builder => builder.AddModel("a", o => o.Checkpoint = small.Checkpoint).AddModel("b", o => o.Checkpoint = link)))
        {
            first = host.GetRequiredKeyedService<LoadedModel>("a");
            var second = host.GetRequiredKeyedService<LoadedModel>("b");
            Assert.Equal((small.Checkpoint, link), (first.Checkpoint, second.Checkpoint));
            Assert.Same(first.Engine(InferencePrecision.Fp32), second.Engine(InferencePrecision.Fp32));
            var a = await host
                .GetRequiredKeyedService<IArkClassifier>("a")
                .ClassifyAsync(SmallModel.Content(1), TestContext.Current.CancellationToken);
            var b = await host
                .GetRequiredKeyedService<IArkClassifier>("b")
                .ClassifyAsync(SmallModel.Content(1), TestContext.Current.CancellationToken);
            Assert.Equal(a.Probability("View", "AP"), b.Probability("View", "AP"));
            Assert.Single(log.Lines, l => l.Contains("Model 'b' shares the weights", StringComparison.Ordinal));
        }

        Assert.Throws<ObjectDisposedException>(() => first.Model);
    }

    [Fact]
    public async Task A_second_precision_of_one_file_says_what_it_costs()
    {
        var log = new CapturedLog();
        await using var host = Host(log, builder => builder
            .AddModel("a", o => o.Checkpoint = small.Checkpoint)
            .AddModel("b", o => (o.Checkpoint, o.Precision) = (small.Checkpoint, InferencePrecision.Bf16)));
        var (first, second) = (host.GetRequiredKeyedService<LoadedModel>("a"), host.GetRequiredKeyedService<LoadedModel>("b"));
        Assert.Equal((InferencePrecision.Fp32, InferencePrecision.Bf16), (first.Precision, second.Precision));
        Assert.SkipUnless(KernelWidth.IsSupported && Bf16Kernel.IsSupported, "Here both precisions have the same weights.");
        Assert.Matches(
            "Warning.*'b'.*Bf16.*about [0-9]+ MB once more",
            Assert.Single(log.Lines, l => l.StartsWith("Warning", StringComparison.Ordinal)));
        Assert.False(first.IsPreparedFor(InferencePrecision.Bf16));
        _ = host.GetRequiredKeyedService<IArkClassifier>("b");
        Assert.True(first.IsPreparedFor(InferencePrecision.Bf16));
    }

    [Fact]
    public async Task Teacher_and_student_of_one_file_are_two_models()
    {
        var path = Fixture.PathOf("04_training", "ark_sgd_epoch", "checkpoint_epoch0.pth.tar");
        await using var host = Host(new CapturedLog(), builder => builder
            .AddModel("a", o => o.Checkpoint = path)
            .AddModel("b", o => (o.Checkpoint, o.Weights) = (path, ModelRole.Student)));
        Assert.NotSame(
            host.GetRequiredKeyedService<LoadedModel>("a").Engine(InferencePrecision.Fp32),
            host.GetRequiredKeyedService<LoadedModel>("b").Engine(InferencePrecision.Fp32));
    }

    [Fact]
    public async Task A_model_stays_usable_when_another_one_of_the_same_file_is_disposed_twice()
    {
        await using var host = Host(
            new CapturedLog(),
            builder => builder.AddModel("a", o => o.Checkpoint = small.Checkpoint).AddModel("b", o => o.Checkpoint = small.Checkpoint));
        var a = host.GetRequiredKeyedService<LoadedModel>("a");
        var b = host.GetRequiredKeyedService<LoadedModel>("b");
        a.Dispose();
        a.Dispose();
        Assert.Equal(Explain(b).Values, Explain(b).Values);
        Assert.Throws<ObjectDisposedException>(() => a.Engine(InferencePrecision.Fp32));
    }

    [Fact]
    public async Task A_file_that_was_replaced_is_loaded_anew_for_the_next_model()
    {
        using var folder = new TemporaryFolder();
        var path = Copy(folder);
        await using var host = Host(
            new CapturedLog(), builder => builder.AddModel("a", o => o.Checkpoint = path).AddModel("b", o => o.Checkpoint = path));
        var a = host.GetRequiredKeyedService<LoadedModel>("a").Engine(InferencePrecision.Fp32);
        File.SetLastWriteTimeUtc(path, File.GetLastWriteTimeUtc(path).AddSeconds(10));
        Assert.NotSame(a, host.GetRequiredKeyedService<LoadedModel>("b").Engine(InferencePrecision.Fp32));
    }

    [Theory]
    [InlineData(ModelRole.Teacher)]
    [InlineData(ModelRole.Student)]
    public void The_engine_answers_as_the_plain_network_of_the_same_role(ModelRole role)
    {
        using var scope = NewDisposeScope();
        using var off = no_grad();
        using var model = LoadedModel.Load(Fixture.PathOf("04_training", "ark_sgd_epoch", "checkpoint_epoch0.pth.tar"), role);
        using var generator = new Generator(4);
        var images = rand(2, 3, model.Description.ImageSize, model.Description.ImageSize, generator: generator);
        foreach (var (fast, plain) in model.Engine(InferencePrecision.Fp32).Logits(images).Zip(model.Model.forward(images)))
            Assert.True((fast - plain).abs().max().ToDouble() <= 2e-5 * plain.abs().max().ToDouble());
    }

    [Fact]
    public void A_heat_map_leaves_no_gradients_in_the_network()
    {
        using var model = LoadedModel.Load(small.Checkpoint);
        Explain(model);
        Assert.All(model.Engine(InferencePrecision.Fp32).Network.parameters(), p => Assert.True(p.grad is null && !p.requires_grad));
    }

    private static ServiceProvider Host(CapturedLog log, Action<IArkBuilder> configure)
    {
        var services = new ServiceCollection();
        services.AddSingleton<ILoggerProvider>(log);
        services.AddSingleton<ILoggerFactory, LoggerFactory>().AddSingleton(typeof(ILogger<>), typeof(Logger<>));
        configure(services.AddArk());
        return services.BuildServiceProvider();
    }

    private static HeatMap Explain(LoadedModel model) =>
        ArkExplainer.Explain(
            model, new EncodedImage(SmallModel.Png(3), "noise"), new RasterImage(32, 32, 1, new byte[32 * 32]), "Edema",
            new ExplanationOptions(), CancellationToken.None);

    private string Copy(TemporaryFolder folder)
    {
        File.Copy(small.Checkpoint, folder.PathOf("copy.safetensors"));
        return folder.PathOf("copy.safetensors");
    }

    private sealed class CapturedLog : ILoggerProvider, ILogger
    {
        public List<string> Lines { get; } = [];

        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel,
            EventId eventId,
            TState state,
            Exception? exception,
            Func<TState, Exception?, string> formatter) => Lines.Add($"{logLevel}: {formatter(state, exception)}");

        public void Dispose()
        {
        }
    }
}
