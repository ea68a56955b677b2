using System.Globalization;
using System.Text.Json;
using static TorchSharp.torch;

namespace Ark.Tests.Recorded;

public class SwinBaseReferenceTests(FormulaModel formula) : IClassFixture<FormulaModel>
{
    [Fact]
    public void Weights_made_by_the_formula_are_the_recorded_ones()
    {
        var json = Reference.Json("03_swin_base", "formula.json");
        var state = formula.Model.state_dict();
        foreach (var vector in json.GetProperty("test_vectors").EnumerateObject())
        {
            Assert.Equal(
                ulong.Parse(vector.Value.GetProperty("fnv1a64").GetString()!, CultureInfo.InvariantCulture),
                FormulaModel.Hash(vector.Name));
            var expected = vector.Value.GetProperty("value_f32_first4").EnumerateArray().Select(Number).ToArray();
            Assert.Equal(expected.Select(e => (float)e), state[vector.Name].data<float>().Take(4));
        }

        using var scope = NewDisposeScope();
        var sum = formula.Model.parameters().Sum(p => p.sum(ScalarType.Float64).item<double>());
        Assert.Equal(json.GetProperty("sum_all_parameters_float64").GetDouble(), sum, 1e-3);
    }

    [Theory]
    [MemberData(nameof(FullSizeRecording.Names), MemberType = typeof(FullSizeRecording))]
    public void Formula_model_gives_the_recorded_outputs_and_those_of_every_block(string recording)
    {
        using var scope = NewDisposeScope();
        using var off = no_grad();
        var model = formula.Model;
        var expected = FullSizeRecording.Tensors(recording);
        var activations = FullSizeRecording.Run(recording).GetProperty("activations_float64");
        var seen = 0;
        Tensor? pooled = null;
        Tensor? projected = null;
        using var hooks = Recorder.Attach(model, (name, output) =>
        {
            using var inner = NewDisposeScope();
            if (expected.TryGetValue($"tokens0_7.{name}", out var tokens))
                Reference.AssertClose($"tokens {name}", output.flatten(1, 2).narrow(1, 0, 8), tokens);
            if (name == "projector") projected = output.alias().DetachFromDisposeScope();
            if (name == "norm") pooled = output.mean([1, 2]).DetachFromDisposeScope();
            if (!activations.TryGetProperty(name, out var summary)) return;
            seen++;
            CheckSummary(name, output.flatten().to(ScalarType.Float64), summary);
        });

        var logits = model.forward(expected["input"]);
        hooks.Dispose();
        Assert.True(seen >= 29, $"Only {seen} activations were compared.");
        Reference.AssertClose("pooled", pooled!, expected["pooled.f64"]);
        foreach (var (head, output) in model.Configuration.Heads.Zip(
            logits)) Reference.AssertClose(head.Name, output, expected[$"logits.{head.Name}.f64"]);
        Reference.AssertClose("projected", projected!, expected["projected.f64"]);
    }

    private static void CheckSummary(string name, Tensor values, JsonElement summary)
    {
        var largest = summary.GetProperty("max_abs").GetDouble();
        double[] got =
        [
            .. values.narrow(0, 0, 8).data<double>(), .. values.narrow(0, values.numel() - 8, 8).data<double>(),
            values.mean().item<double>(), values.std(false).item<double>()
        ];
        double[] wanted = [.. summary.GetProperty("first8").EnumerateArray().Select(
            Number), .. summary.GetProperty("last8").EnumerateArray().Select(Number),
            summary.GetProperty("mean").GetDouble(), summary.GetProperty("std").GetDouble()];
        var deviation = got.Zip(wanted, (a, b) => Math.Abs(a - b)).Max() / largest;
        Assert.True(deviation <= Reference.Tolerance, $"{name} deviates by {deviation:E2}.");
    }

    private static double Number(JsonElement e) =>
        e.ValueKind == JsonValueKind.String ? double.Parse(e.GetString()!, CultureInfo.InvariantCulture) : e.GetDouble();
}
