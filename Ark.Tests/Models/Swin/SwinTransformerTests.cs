using System.Globalization;
using Ark.Models;
using static TorchSharp.torch;

namespace Ark.Tests.Models;

public class SwinTransformerTests
{
    public static TheoryData<string> Cases => ["a_img64_w8_d24", "b_img56_w7_d16", "c_rect_ape_nobias", "d_img112_w7_d12"];

    [Theory]
    [MemberData(nameof(Cases))]
    public void State_dict_has_the_names_shapes_types_and_order_of_timm(string name)
    {
        var config = Reference.Json("01_swin_tiny", name, "config.json");
        using var model = new SwinTransformer(Reference.Configuration(config.GetProperty("kwargs")));
        Assert.Equal(Reference.Listing(config.GetProperty("state_dict_order")), Reference.Listing(model));
        Assert.Equal(
            config.GetProperty("parameter_order").EnumerateArray().Select(e => e.GetString()),
            model.named_parameters().Select(p => p.name));
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Blocks_have_the_windows_and_shifts_of_timm(string name)
    {
        var config = Reference.Json("01_swin_tiny", name, "config.json");
        using var model = new SwinTransformer(Reference.Configuration(config.GetProperty("kwargs")));
        foreach (var expected in config.GetProperty("blocks").EnumerateObject())
        {
            var parts = expected.Name.Split('.');
            var block = model.Stages[int.Parse(parts[1], CultureInfo.InvariantCulture)].blocks[
                int.Parse(parts[3], CultureInfo.InvariantCulture)];
            Assert.Equal(
                (expected.Value.GetProperty("window").GetInt32(), expected.Value.GetProperty("shift").GetInt32()),
                (block.Geometry.Window, block.Geometry.Shift));
            Assert.Equal(expected.Value.GetProperty("has_mask").GetBoolean(), block.attn_mask is not null);
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Buffers_computed_by_the_constructor_are_those_of_timm(string name)
    {
        using var scope = NewDisposeScope();
        using var model = new SwinTransformer(
            Reference.Configuration(Reference.Json("01_swin_tiny", name, "config.json").GetProperty("kwargs")));
        var weights = Reference.Tensors("01_swin_tiny", name, "weights.safetensors");
        Assert.NotEmpty(model.named_buffers());
        foreach (var (key, buffer) in model.named_buffers()) Assert.True(buffer.Equals(weights[key]), key);
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Outputs_of_every_block_and_gradients_of_every_parameter_are_those_of_timm(string name)
    {
        using var scope = NewDisposeScope();
        using var model = Load(name);
        model.eval();
        var io = Reference.Tensors("01_swin_tiny", name, "io.safetensors");
        var gradients = Reference.Tensors("01_swin_tiny", name, "grads.safetensors");
        var outputs = Record(model);
        var input = io["input"].requires_grad_();

        var logits = model.forward(input);
        var pooled = outputs["norm"].mean([1, 2]);
        var loss = (logits * io["loss_weight"]).sum() + (0.5 * pooled.square().mean());
        loss.backward();

        outputs["pooled"] = pooled;
        outputs["logits"] = logits;
        outputs["loss"] = loss;
        foreach (var (key, expected) in io.Where(p => p.Key is not ("input" or "loss_weight"))) Reference.AssertClose(
            key, outputs[key], expected);
        Reference.AssertClose("__input__", input.grad!, gradients["__input__"]);
        Assert.Equal(gradients.Count - 1, model.named_parameters().Count());
        foreach (var (key, parameter) in model.named_parameters())
        {
            // A key's bias moves all scores of a query alike, so its true gradient is zero: the scale is that of the query's bias.
            Reference.AssertClose(key, parameter.grad!, gradients[key]);
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Outputs_without_gradients_are_those_of_timm(string name)
    {
        using var scope = NewDisposeScope();
        using var off = no_grad();
        using var model = Load(name);
        model.eval();
        var io = Reference.Tensors("01_swin_tiny", name, "io.safetensors");
        var outputs = Record(model);
        outputs["logits"] = model.forward(io["input"]);
        outputs["pooled"] = model.Pool(io["input"]);
        foreach (var (key, expected) in io.Where(p => p.Key is not ("input" or "loss_weight" or "loss"))) Reference.AssertClose(
            key, outputs[key], expected);
    }

    private static SwinTransformer Load(string name)
    {
        var model = SwinTransformer.Allocate(
            Reference.Configuration(Reference.Json("01_swin_tiny", name, "config.json").GetProperty("kwargs")));
        model.load_state_dict(Reference.Tensors("01_swin_tiny", name, "weights.safetensors"));
        return model;
    }

    private static Dictionary<string, Tensor> Record(SwinTransformer model)
    {
        var outputs = new Dictionary<string, Tensor>(StringComparer.Ordinal);
        Recorder.Attach(model, (name, output) => outputs[name] = output.alias().DetachFromDisposeScope());
        return outputs;
    }
}
