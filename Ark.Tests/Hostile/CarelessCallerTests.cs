using System.Runtime.InteropServices;
using Ark.Models;
using static TorchSharp.torch;

namespace Ark.Tests.Hostile;

/// <summary>
/// Modules and tensors as a careless caller hands them over, at every public method that takes one: the answer is that of dense numbers in
/// single precision, or an exception. No number is read where there is none.
/// </summary>
public class CarelessCallerTests
{
    private const InferenceOutputs All =
        InferenceOutputs.Tokens | InferenceOutputs.Pooled | InferenceOutputs.Projected | InferenceOutputs.Logits;

    public static TheoryData<ParameterFault> Faults => [.. Enum.GetValues<ParameterFault>()];

    public static TheoryData<string> ImageFaults =>
    [
        "Float64", "Float16", "BFloat16", "Int64", "Bool", "ComplexFloat32", "transposed", "every other", "expanded", "offset",
        "gradient", "three dimensions", "five dimensions", "other size", "other channels", "no image", "meta", "sparse", "disposed",
    ];

    private static UperNetConfiguration Segmenting => new()
    {
        Backbone = TinyModel.Configuration.Backbone with { ImageHeight = 32, ImageWidth = 32 },
        Structures = ["lung"],
        PyramidBins = [1, 2],
    };

    [Theory]
    [MemberData(nameof(Faults))]
    public void A_classifier_with_one_odd_parameter_answers_as_with_dense_ones_or_refuses(ParameterFault fault)
    {
        using var scope = NewDisposeScope();
        var images = randn([2, 3, 16, 16], generator: new Generator(2));
        foreach (var name in NamesOf(() => new ArkModel(TinyModel.Configuration)))
        {
            using var inner = NewDisposeScope();
            using var model = Model();
            if (!ParameterFaults.Apply(model, name, fault)) continue;
            // An answer that does not need what is not there is that of the module as it was.
            using var dense = fault.CanBeRead() ? DenseCopy(model) : Model();
            Compare($"{name}, engine", fault, () => Run(model), () => Run(dense));
            Compare(
                $"{name}, forward", fault, () => Quiet(() => model.forward(images)), () => dense.forward(images));
            Compare($"{name}, pool", fault, () => Quiet(() => [model.Pool(images)]), () => [dense.Pool(images)]);
            Compare(
                $"{name}, embed", fault, () => Quiet(() => [model.Embed(images, afterProjector: true)]),
                () => [dense.Embed(images, afterProjector: true)]);
            // A step of a training.
            model.train();
            model.DropPathStream = new RandomStream(1);
            dense.train();
            dense.DropPathStream = new RandomStream(1);
            Compare($"{name}, training", fault, () => Step(model), () => Step(dense));
        }

        IReadOnlyList<Tensor> Run(ArkModel model)
        {
            using var engine = InferenceEngine.Create(model);
            var result = engine.Run(images, All);
            return [result.Tokens!, result.Pooled!, result.Projected!, .. result.Logits!];
        }

        IReadOnlyList<Tensor> Step(ArkModel model)
        {
            var (features, logits) = model.forward(images, 0);
            if (logits.requires_grad) logits.sum().backward();
            return [features, logits];
        }
    }

    [Theory]
    [MemberData(nameof(Faults))]
    public void Other_networks_with_one_odd_parameter_answer_as_with_dense_ones_or_refuse(ParameterFault fault)
    {
        using var scope = NewDisposeScope();
        var images = randn([2, 3, 32, 32], generator: new Generator(2));
        foreach (var name in NamesOf(() => new SwinTransformer(Segmenting.Backbone with { NumClasses = 3 })))
        {
            using var inner = NewDisposeScope();
            using var network = new SwinTransformer(Segmenting.Backbone with { NumClasses = 3 }, new Generator(1));
            network.eval();
            if (!ParameterFaults.Apply(network, name, fault)) continue;
            using var dense = new SwinTransformer(Segmenting.Backbone with { NumClasses = 3 }, new Generator(1));
            dense.eval();
            if (fault.CanBeRead()) Fill(dense, network);
            Compare(name, fault, () => Quiet(() => [network.forward(images)]), () => [dense.forward(images)]);
        }

        foreach (var name in NamesOf(() => new UperNet(Segmenting)).Where((_, i) => i % 3 == 0))
        {
            using var inner = NewDisposeScope();
            using var network = new UperNet(Segmenting, new Generator(1));
            network.eval();
            if (!ParameterFaults.Apply(network, name, fault)) continue;
            using var dense = new UperNet(Segmenting, new Generator(1));
            dense.eval();
            if (fault.CanBeRead()) Fill(dense, network);
            Compare(name, fault, () => Quiet(() => [network.forward(images)]), () => [dense.forward(images)]);
        }
    }

    [Theory]
    [MemberData(nameof(Faults))]
    public void What_is_saved_of_an_odd_parameter_is_what_it_holds_or_nothing(ParameterFault fault)
    {
        using var folder = new TemporaryFolder();
        using var scope = NewDisposeScope();
        foreach (var name in (string[])["norm.weight", "patch_embed.proj.weight", "omni_heads.0.weight", "omni_heads.0.bias"])
        {
            using var model = Model();
            if (!ParameterFaults.Apply(model, name, fault)) continue;
            foreach (var (file, save) in (ReadOnlySpan<(string, Action<string>)>)
            [
                ("a.pth", model.save_py), ("a.safetensors", path => model.save_safetensors(path)),
                ("b.safetensors", path => Safetensors.Save(path, [KeyValuePair.Create(name, (Tensor)model.get_parameter(name)!)])),
                ("b.pth", path => PyTorchFile.Save(path, new Dictionary<string, Tensor> { [name] = model.get_parameter(name)! })),
            ])
            {
                var path = folder.PathOf(file);
                File.Delete(path);
                if (Refusal(() => save(path)) is { } refusal)
                {
                    AssertTyped($"{name}, {file}", refusal);
                    Assert.False(File.Exists(path));
                    Assert.False(fault.CanBeRead() && fault != ParameterFault.Sparse, $"{name}, {file}: {refusal.Message}");
                    continue;
                }

                Assert.True(fault is not ParameterFault.Disposed and not ParameterFault.Meta, $"{name}, {file}: saved without it");
                using var saved = NewDisposeScope();
                var read = CheckpointFile.LoadStateDict(path)[name];
                var held = model.get_parameter(name)!;
                Assert.Equal(held.shape, read.shape);
                Assert.True(read.to(held.dtype).equal(held.detach()).all().item<bool>(), $"{name}, {file}");
            }
        }
    }

    [Theory]
    [MemberData(nameof(Faults))]
    public void A_file_is_loaded_into_an_odd_parameter_wholly_or_not_at_all(ParameterFault fault)
    {
        using var folder = new TemporaryFolder();
        using var scope = NewDisposeScope();
        using var source = new ArkModel(TinyModel.Configuration, new Generator(9));
        source.save_py(folder.PathOf("a.pth"));
        source.save_safetensors(folder.PathOf("a.safetensors"));
        foreach (var name in (string[])["norm.weight", "patch_embed.proj.weight", "omni_heads.0.weight", "omni_heads.0.bias"])
        {
            foreach (var load in (Action<ArkModel>[])
            [
                m => m.load_py(folder.PathOf("a.pth")), m => m.load_safetensors(folder.PathOf("a.safetensors")),
                m => m.load_checkpoint(folder.PathOf("a.pth"), strict: false),
            ])
            {
                using var inner = NewDisposeScope();
                using var model = Model();
                if (!ParameterFaults.Apply(model, name, fault)) continue;
                var before = model.named_parameters().Where(p => p.name != name)
                    .ToDictionary(p => p.name, p => p.parameter.detach().clone(), StringComparer.Ordinal);
                var refusal = Refusal(() => load(model));
                if (refusal is not null) AssertTyped($"{name}, {fault}", refusal);
                foreach (var (other, was) in before.Where(b => b.Value.device_type != TorchSharp.DeviceType.META))
                {
                    var wanted = refusal is null ? source.get_parameter(other)!.detach().to(was.dtype) : was;
                    Assert.True(
                        model.get_parameter(other)!.detach().equal(wanted).all().item<bool>(),
                        $"{name}, {fault}: {other}, {refusal?.Message}");
                }

                if (refusal is not null || fault is ParameterFault.Larger or ParameterFault.Flat or ParameterFault.Empty) continue;
                Assert.True(fault is not ParameterFault.Disposed and not ParameterFault.Meta, $"{name}, {fault}: loaded into nothing");
                var loaded = model.get_parameter(name)!;
                var stored = source.get_parameter(name)!.detach();
                Assert.True(loaded.detach().equal(stored.to(loaded.dtype)).all().item<bool>(), $"{name}, {fault}");
            }
        }
    }

    [Theory]
    [MemberData(nameof(ImageFaults))]
    public void Odd_images_are_answered_as_dense_ones_or_refused(string fault)
    {
        using var scope = NewDisposeScope();
        using var folder = new TemporaryFolder();
        using var off = no_grad();
        using var model = Model();
        model.save_safetensors(folder.PathOf("a.safetensors"));
        using var network = new SwinTransformer(TinyModel.Configuration.Backbone, new Generator(1));
        using var segmenter = new UperNet(Segmenting with { Backbone = TinyModel.Configuration.Backbone }, new Generator(1));
        network.eval();
        segmenter.eval();
        using var engine = InferenceEngine.Create(model);
        using var rounded = InferenceEngine.Create(model, InferencePrecision.Bf16);
        using var own = InferenceEngine.Load(folder.PathOf("a.safetensors"));
        var (odd, wanted) = Images(fault);
        foreach (var (entry, run) in (ReadOnlySpan<(string, Func<Tensor, IReadOnlyList<Tensor>>)>)
        [
            ("logits", engine.Logits), ("pooled", t => [engine.Pooled(t)]), ("projected", t => [engine.Projected(t)]),
            ("tokens", t => [engine.Tokens(t)]), ("bf16", rounded.Logits), ("own", own.Logits), ("forward", model.forward),
            ("head", t => [model.forward(t, 0).Logits]), ("pool", t => [model.Pool(t)]), ("embed", t => [model.Embed(t, true)]),
            ("backbone", t => [network.forward(t)]), ("segmenter", t => [segmenter.forward(t)]),
        ])
        {
            IReadOnlyList<Tensor> got = [];
            if (Refusal(() => got = run(odd)) is { } refusal)
            {
                AssertTyped($"{entry}, {fault}", refusal);
                continue;
            }

            if (got.All(t => t.device_type == TorchSharp.DeviceType.META)) continue;
            Assert.NotNull(wanted);
            foreach (var (actual, expected) in got.Zip(run(wanted)))
                Reference.AssertClose($"{entry}, {fault}", actual.to(ScalarType.Float32), expected, 1e-3);
        }
    }

    [Fact]
    public void Null_is_refused_by_name_everywhere()
    {
        using var model = Model();
        using var engine = InferenceEngine.Create(model);
        using var network = new UperNet(Segmenting);
        nn.Module none = null!;
        foreach (var call in (Action[])
        [
            () => InferenceEngine.Create(null!).Dispose(), () => engine.Run(null!, All).Dispose(), () => engine.Pooled(null!).Dispose(),
            () => model.forward(null!), () => model.forward(null!, 0), () => model.Pool(null!).Dispose(),
            () => model.Embed(null!, true).Dispose(), () => network.forward(null!).Dispose(),
            () => new ArkModel(null!).Dispose(), () => new UperNet(null!).Dispose(), () => new SwinTransformer(null!).Dispose(),
            () => ArkModel.Allocate(null!).Dispose(), () => SwinTransformer.Allocate(null!).Dispose(),
            () => none.load_py("a.pth"), () => none.load_checkpoint("a.pth"), () => none.load_safetensors("a.safetensors"),
            () => none.save_py("a.pth"), () => none.save_safetensors("a.safetensors"),
            () => Safetensors.Save("a.safetensors", null!), () => ArkModelConfiguration.Recognize(null!),
        ])
            Assert.Throws<ArgumentNullException>(call);
        Assert.ThrowsAny<ArgumentException>(() => Safetensors.Save("a.safetensors", [KeyValuePair.Create("a", (Tensor)null!)]));
    }

    private static ArkModel Model()
    {
        var model = new ArkModel(TinyModel.Configuration, new Generator(1));
        model.eval();
        return model;
    }

    private static List<string> NamesOf(Func<nn.Module> build)
    {
        using var module = build();
        return [.. module.named_parameters().Select(p => p.name)];
    }

    private static ArkModel DenseCopy(ArkModel model)
    {
        var dense = Model();
        Fill(dense, model);
        return dense;
    }

    private static void Fill(nn.Module dense, nn.Module from)
    {
        using var off = no_grad();
        foreach (var (name, parameter) in from.named_parameters()) dense.get_parameter(name)!.copy_(
            parameter.is_sparse ? parameter.to_dense() : parameter);
    }

    private static IReadOnlyList<Tensor> Quiet(Func<IReadOnlyList<Tensor>> run)
    {
        using var off = no_grad();
        return run();
    }

    private static void Compare(string what, ParameterFault fault, Func<IReadOnlyList<Tensor>> run, Func<IReadOnlyList<Tensor>> wanted)
    {
        IReadOnlyList<Tensor> got = [];
        if (Refusal(() => got = run()) is { } refusal)
        {
            AssertTyped($"{what}, {fault}", refusal);
            Assert.False(
                fault is ParameterFault.Transposed or ParameterFault.EveryOther or ParameterFault.Expanded or ParameterFault.Offset
                    or ParameterFault.Gradient,
                $"{what}, {fault}: {refusal.Message}");
            return;
        }

        // Without numbers the answer has none either.
        if (fault == ParameterFault.Meta && got.Any(t => t.device_type == TorchSharp.DeviceType.META)) return;
        using var off = no_grad();
        foreach (var (actual, expected) in got.Zip(wanted()))
            Reference.AssertClose($"{what}, {fault}", actual.detach().to(ScalarType.Float32), expected.detach(), fault.ToleranceOf());
    }

    private static Exception? Refusal(Action action)
    {
        try
        {
            action();
            return null;
        }
        catch (Exception e)
        {
            return e;
        }
    }

    // What a caller can catch and understand: not what the runtime throws where code went wrong.
    private static void AssertTyped(string what, Exception e) => Assert.True(
        e is ArkInputException or ArgumentException or InvalidOperationException or NotSupportedException
        || e.GetType() == typeof(ExternalException),
        $"{what}: {e}");

    private static (Tensor Odd, Tensor? Dense) Images(string fault)
    {
        var dense = randn([2, 3, 16, 16], generator: new Generator(2));
        switch (fault)
        {
            case "transposed":
                return (dense.transpose(2, 3).contiguous().transpose(2, 3), dense);
            case "every other":
                return (full([2, 3, 16, 16, 2], float.NaN).select(4, 1).copy_(dense), dense);
            case "expanded":
                var one = dense.narrow(0, 0, 1);
                return (one.expand(4, -1, -1, -1), one.repeat(4, 1, 1, 1));
            case "offset":
                return (cat([full([5], float.NaN), dense.flatten()]).narrow(0, 5, dense.numel()).view(2, 3, 16, 16), dense);
            case "gradient":
                return (dense.clone().requires_grad_(true), dense);
            case "three dimensions":
                return (dense[0], null);
            case "five dimensions":
                return (dense.unsqueeze(0), null);
            case "other size":
                return (zeros(2, 3, 16, 20), null);
            case "other channels":
                return (zeros(2, 2, 16, 16), null);
            case "no image":
                return (zeros(0, 3, 16, 16), null);
            case "meta":
                return (dense.to(META), null);
            case "sparse":
                return (dense.to_sparse(), dense);
            case "disposed":
                var disposed = dense.clone();
                disposed.Dispose();
                return (disposed, null);
            default:
                var odd = dense.to(Enum.Parse<ScalarType>(fault));
                return (odd, fault == "ComplexFloat32" ? null : odd.to(ScalarType.Float32));
        }
    }
}
