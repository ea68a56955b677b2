using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Ark.Training;

/// <summary>
/// TorchSharp's optimiser over the student's parameters, grouped as timm's <c>add_weight_decay</c> does: first the parameters that never decay (vectors, biases,
/// position embeddings), then the others. Its state is exchanged in the layout of PyTorch's <c>optimizer.state_dict()</c>.
/// </summary>
internal sealed class StudentOptimizer : IDisposable
{
    private readonly OptimizerSettings _settings;
    private readonly OptimizerHelper _optimizer;
    private readonly Parameter[][] _groups;

    public StudentOptimizer(nn.Module student, OptimizerSettings settings, double learningRate)
    {
        _settings = settings;
        _groups = Group(student, settings);
        _optimizer = settings.Kind == OptimizerKind.AdamW
            ? new AdamW(_groups.Select((g, i) => new AdamW.ParamGroup(g, learningRate, settings.Beta1, settings.Beta2, settings.Epsilon, DecayOf(i))),
                learningRate, settings.Beta1, settings.Beta2, settings.Epsilon)
            : new SGD(_groups.Select((g, i) => new SGD.ParamGroup(g, learningRate, settings.Momentum, 0, DecayOf(i), settings.Kind == OptimizerKind.Sgd)),
                learningRate, settings.Momentum, 0, 0, settings.Kind == OptimizerKind.Sgd);
        LearningRate = learningRate;
    }

    public double LearningRate
    {
        get;
        set
        {
            field = value;
            foreach (var group in _optimizer.ParamGroups) group.LearningRate = value;
        }
    }

    /// <summary>Forgets the gradients, or fills them with zeros so that momentum goes on acting.</summary>
    public void ClearGradients(bool fillWithZeros)
    {
        foreach (var parameter in _groups.SelectMany(g => g))
        {
            if (fillWithZeros)
            {
                using var gradient = parameter.grad;
                gradient?.zero_();
            }
            else
            {
                parameter.grad = null;
            }
        }
    }

    public void Step() => _optimizer.step();

    /// <summary>The state in PyTorch's layout. The tensors are the optimiser's own: borrowed, valid until the next step.</summary>
    public OrderedDictionary<string, object?> ExportState()
    {
        var parameters = new OrderedDictionary<object, object?>();
        var states = _optimizer.state_dict().State;
        for (var i = 0; i < states.Count; i++)
        {
            if (Export(states[i]) is { } state) parameters.Add((long)i, state);
        }

        var groups = new List<object?>();
        var next = 0L;
        for (var g = 0; g < _groups.Length; g++)
        {
            groups.Add(ExportGroup(g, [.. Enumerable.Range(0, _groups[g].Length).Select(_ => (object?)next++)]));
        }

        return new OrderedDictionary<string, object?> { ["state"] = parameters, ["param_groups"] = groups };
    }

    /// <summary>Takes over a state that <see cref="ExportState"/> wrote.</summary>
    /// <param name="tensorsOf">Gives the stored values of the parameter with an index: <c>step</c>, <c>exp_avg</c> …; empty where it has none.</param>
    public void ImportState(Func<int, IReadOnlyDictionary<string, object?>> tensorsOf)
    {
        using var noGradient = no_grad();
        var states = _optimizer.state_dict().State;
        for (var i = 0; i < states.Count; i++)
        {
            var stored = tensorsOf(i);
            if (stored.Count == 0) continue;
            switch (states[i])
            {
                case AdamW.State adam:
                    adam.step = Convert.ToInt64(stored["step"], System.Globalization.CultureInfo.InvariantCulture);
                    adam.exp_avg.copy_((Tensor)stored["exp_avg"]!);
                    adam.exp_avg_sq.copy_((Tensor)stored["exp_avg_sq"]!);
                    break;
                case SGD.State sgd:
                    sgd.momentum_buffer?.Dispose();
                    sgd.momentum_buffer = ((Tensor)stored["momentum_buffer"]!).clone().DetachFromDisposeScope();
                    break;
            }
        }
    }

    public void Dispose() => _optimizer.Dispose();

    private static OrderedDictionary<string, object?>? Export(OptimizerState state) => state switch
    {
        AdamW.State { step: > 0 } adam => new() { ["step"] = adam.step, ["exp_avg"] = adam.exp_avg, ["exp_avg_sq"] = adam.exp_avg_sq },
        SGD.State { momentum_buffer: { } buffer } => new() { ["momentum_buffer"] = buffer },
        _ => null,
    };

    private OrderedDictionary<string, object?> ExportGroup(int group, List<object?> indices)
    {
        var result = new OrderedDictionary<string, object?> { ["lr"] = LearningRate, ["weight_decay"] = DecayOf(group) };
        if (_settings.Kind == OptimizerKind.AdamW)
        {
            result["betas"] = new List<object?> { _settings.Beta1, _settings.Beta2 };
            result["eps"] = _settings.Epsilon;
        }
        else
        {
            result["momentum"] = _settings.Momentum;
            result["nesterov"] = _settings.Kind == OptimizerKind.Sgd;
        }

        result["params"] = indices;
        return result;
    }

    // With no decay there is one group in the model's own order, as timm makes it; that is the order of PyTorch's parameter indices.
    private static Parameter[][] Group(nn.Module student, OptimizerSettings settings)
    {
        var named = student.named_parameters().ToArray();
        if (settings.WeightDecay == 0) return [[.. named.Select(p => p.parameter)]];
        bool Decays((string name, Parameter parameter) p) =>
            p.parameter.dim() != 1 && !p.name.EndsWith(".bias", StringComparison.Ordinal) && p.name != "absolute_pos_embed"
            && (settings.DecayRelativePositionBias || !p.name.EndsWith("relative_position_bias_table", StringComparison.Ordinal));
        return [[.. named.Where(p => !Decays(p)).Select(p => p.parameter)], [.. named.Where(Decays).Select(p => p.parameter)]];
    }

    private double DecayOf(int group) => group == 1 ? _settings.WeightDecay : 0;
}
