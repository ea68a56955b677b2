using System.Text.Json;
using Ark.Models;
using static TorchSharp.torch;

namespace Ark.Tests.Models;

public class ArkModelTests
{
    public static TheoryData<string> Cases => ["none", "linear", "mlp", "mlp_identity_head"];

    public static TheoryData<string, string> Networks =>
        new MatrixTheoryData<string, string>(["none", "linear", "mlp", "mlp_identity_head"], ["student", "teacher"]);

    [Theory]
    [MemberData(nameof(Cases))]
    public void State_dict_has_the_names_shapes_types_and_order_of_the_original(string name)
    {
        var config = Reference.Json("02_ark_tiny", name, "config.json");
        using var model = new ArkModel(Configuration(config));
        Assert.Equal(Reference.Listing(config.GetProperty("state_dict_order")), Reference.Listing(model));
        Assert.Equal(
            config.GetProperty("parameter_order").EnumerateArray().Select(e => e.GetString()),
            model.named_parameters().Select(p => p.name));
    }

    [Theory]
    [MemberData(nameof(Networks))]
    public void Outputs_are_those_of_the_original_with_and_without_gradients(string name, string network)
    {
        using var scope = NewDisposeScope();
        using var model = Load(name, network);
        model.eval();
        var io = Reference.Tensors("02_ark_tiny", name, "io.safetensors");
        foreach (var gradients in (bool[])[true, false])
        {
            using var mode = set_grad_enabled(gradients);
            var all = model.forward(io["input"]);
            for (var head = 0; head < model.Configuration.Heads.Count; head++)
            {
                var (features, logits) = model.forward(io["input"], head);
                Reference.AssertClose($"head{head}.features", features, io[$"{network}.head{head}.features"]);
                Reference.AssertClose($"head{head}.logits", logits, io[$"{network}.head{head}.logits"]);
                Reference.AssertClose($"all.{head}", all[head], io[$"{network}.all.{head}"]);
            }

            Reference.AssertClose("before_proj", model.Embed(io["input"], afterProjector: false), io[$"{network}.embeddings.before_proj"]);
            if (model.Configuration.Projector != ProjectorKind.None)
                Reference.AssertClose("after_proj", model.Embed(io["input"], afterProjector: true), io[$"{network}.embeddings.after_proj"]);
        }
    }

    [Fact]
    public void Embedding_after_a_projector_that_is_not_there_is_refused()
    {
        using var model = Load("none", "teacher");
        using var images = zeros(1, 3, 32, 32);
        var error = Assert.Throws<InvalidOperationException>(() => model.Embed(images, afterProjector: true));
        Assert.Contains("no projector", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Step_on_two_heads_leaves_the_gradients_that_the_original_left(string name)
    {
        var config = Reference.Json("02_ark_tiny", name, "config.json");
        using var scope = NewDisposeScope();
        using var model = Load(name, "student");
        var heads = model.Configuration.Heads.Count;
        var without = config.GetProperty("parameters_without_gradient").EnumerateArray().Select(e => e.GetString()!).ToHashSet(
            StringComparer.Ordinal);
        var images = Reference.Tensors("02_ark_tiny", name, "io.safetensors")["input"];
        // The original trained the first and the last head, or every one where only the unused classifier is listed.
        for (var head = 0; head < heads; head++)
        {
            if (!without.Contains($"omni_heads.{head}.weight")) model.forward(images, head).Logits.sum().backward();
        }

        Assert.Equal(
            without, model.named_parameters().Where(p => p.parameter.grad is null).Select(p => p.name).ToHashSet(StringComparer.Ordinal));
    }

    internal static ArkModel Load(string name, string network)
    {
        var model = ArkModel.Allocate(Configuration(Reference.Json("02_ark_tiny", name, "config.json")));
        model.load_state_dict(Reference.Tensors("02_ark_tiny", name, $"{network}.safetensors"));
        return model;
    }

    private static ArkModelConfiguration Configuration(JsonElement config)
    {
        var features = config.GetProperty("projector_features");
        return new ArkModelConfiguration
        {
            Backbone = Reference.Configuration(config.GetProperty("backbone")),
            Projector = features.ValueKind == JsonValueKind.Null
                ? ProjectorKind.None
                : config.GetProperty("use_mlp").GetBoolean() ? ProjectorKind.Mlp
                : ProjectorKind.Linear,
            ProjectorFeatures = features.ValueKind == JsonValueKind.Null ? 1 : features.GetInt32(),
            Heads = [.. config
                .GetProperty("num_classes_list")
                .EnumerateArray()
                .Select((n, i) => new ArkHead($"dataset {i}", n.GetInt32()))],
        };
    }
}
