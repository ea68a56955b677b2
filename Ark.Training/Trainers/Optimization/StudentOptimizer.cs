using Ark.Inference;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Ark.Training;

/// <summary>
/// SGD and AdamW over the student's parameters, grouped as timm's <c>add_weight_decay</c> does: first the parameters that never decay
/// (vectors, biases, position embeddings), then the others. The updates are PyTorch's; TorchSharp's own optimisers are not used because
/// their scalars may be freed while they are read (see <see cref="KeptScalar"/>). The state is exchanged in the layout of PyTorch's
/// <c>optimizer.state_dict()</c>.
/// </summary>
internal sealed class StudentOptimizer : IDisposable
{
    // A mean binary cross-entropy of this size means logits of this size: nothing that a network comes back from.
    private const double Diverged = 1e4;

    private readonly OptimizerSettings _settings;
    private readonly Parameter[][] _groups;
    private readonly ParameterState[] _states;

    public StudentOptimizer(nn.Module student, OptimizerSettings settings, double learningRate)
    {
        _settings = settings;
        _groups = Group(student, settings);
        var scales = settings.RateScale is { } scale
            ? student.named_parameters().ToDictionary(p => p.parameter.Handle, p => scale(p.name))
            : null;
        _states = [.. _groups.SelectMany((g, i) => g.Select(p => new ParameterState(p, DecayOf(i), scales?[p.Handle] ?? 1)))];
        LearningRate = learningRate;
    }

    public double LearningRate { get; set; }

    /// <summary>Forgets the gradients, or fills them with zeros so that momentum goes on acting.</summary>
    public void ClearGradients(bool fillWithZeros)
    {
        foreach (var state in _states)
        {
            if (fillWithZeros)
            {
                using var gradient = state.Parameter.grad;
                gradient?.zero_();
            }
            else
            {
                state.Parameter.grad = null;
            }
        }
    }

    /// <summary>
    /// Gives every parameter that has a state a gradient of zeros, as it has between steps where gradients are filled with zeros.
    /// </summary>
    public void RestoreZeroGradients()
    {
        using var noGradient = no_grad();
        foreach (var state in _states.Where(s => s.First is not null))
        {
            using var zeros = zeros_like(state.Parameter);
            state.Parameter.grad = zeros;
        }
    }

    /// <summary>The norm of the whole gradient; 0 where there is none.</summary>
    public double GradientNorm()
    {
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        Tensor[] gradients = [.. _states.Select(s => s.Parameter.grad).OfType<Tensor>()];
        return gradients.All(ParameterMemory.Holds)
            ? Math.Sqrt(ParameterMemory.SquareSum(gradients))
            : stack([.. gradients.Select(g => g.norm())]).norm().Number();
    }

    /// <summary>Scales the whole gradient down to a norm, as PyTorch's <c>clip_grad_norm_</c> does.</summary>
    /// <param name="norm">Its norm.</param>
    /// <param name="largest">The norm that it shall have at most.</param>
    public void ClipGradient(double norm, double largest)
    {
        var factor = largest / (norm + 1e-6);
        if (factor >= 1) return;
        using var noGradient = no_grad();
        foreach (var state in _states)
        {
            using var gradient = state.Parameter.grad;
            gradient?.TimesInPlace(factor);
        }
    }

    /// <summary>Whether all weights are numbers.</summary>
    public bool HoldsFiniteWeights()
    {
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        return _states.All(s => double.IsFinite(s.Parameter.norm().Number()));
    }

    /// <summary>Updates every parameter that has a gradient, unless a loss or the gradient says that training diverged.</summary>
    /// <param name="losses">The losses that the gradient is of.</param>
    /// <param name="clip">The norm that the gradient shall have at most; <see langword="null"/> for no limit.</param>
    /// <exception cref="DivergedException">It did; no weight has moved, and the gradient is still there.</exception>
    public void Step(IReadOnlyList<double> losses, double? clip)
    {
        // Looked at before the step is taken: weights that have gone wrong cannot be taken back.
        var norm = GradientNorm();
        if (!double.IsFinite(norm) || losses.Any(l => !(Math.Abs(l) < Diverged))) throw new DivergedException(losses, norm);
        if (clip is { } largest) ClipGradient(norm, largest);
        Step();
    }

    /// <summary>Updates every parameter that has a gradient.</summary>
    public void Step()
    {
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        var moves = new List<(ParameterState State, Tensor Gradient)>();
        foreach (var state in _states)
        {
            if (state.Parameter.grad is not { } gradient) continue;
            state.First ??= zeros_like(state.Parameter).DetachFromDisposeScope();
            if (_settings.Kind == OptimizerKind.AdamW)
            {
                state.Second ??= zeros_like(state.Parameter).DetachFromDisposeScope();
                state.Steps++;
            }

            moves.Add((state, gradient));
        }

        if (moves.All(m => m.State.IsInMemory && ParameterMemory.Holds(m.Gradient)))
        {
            StepInMemory(moves);
            return;
        }

        foreach (var (state, gradient) in moves)
        {
            if (_settings.Kind == OptimizerKind.AdamW) StepAdamW(state, gradient);
            else StepSgd(state, gradient);
        }
    }

    /// <summary>The state in PyTorch's layout. The tensors are the optimiser's own: borrowed, valid until the next step.</summary>
    public OrderedDictionary<string, object?> ExportState()
    {
        var parameters = new OrderedDictionary<object, object?>();
        for (var i = 0; i < _states.Length; i++)
        {
            if (_states[i].First is not { } first) continue;
            parameters.Add((long)i, _settings.Kind == OptimizerKind.AdamW
                ? new OrderedDictionary<string, object?>
                {
                    ["step"] = _states[i].Steps,
                    ["exp_avg"] = first,
                    ["exp_avg_sq"] = _states[i].Second,
                }
                : new OrderedDictionary<string, object?> { ["momentum_buffer"] = first });
        }

        var groups = new List<object?>();
        var next = 0L;
        for (var g = 0; g < _groups.Length; g++) groups.Add(ExportGroup(g, [.. _groups[g].Select(_ => (object?)next++)]));
        return new OrderedDictionary<string, object?> { ["state"] = parameters, ["param_groups"] = groups };
    }

    /// <summary>Takes over a state that <see cref="ExportState"/> wrote.</summary>
    /// <param name="stored">What is under the key <c>state</c>: for the index of each parameter that has a state its <c>step</c>,
    /// <c>exp_avg</c> …</param>
    /// <exception cref="ArkInputException">It is the state of another optimiser or of other parameters.</exception>
    public void ImportState(CheckpointSection stored)
    {
        using var noGradient = no_grad();
        for (var i = 0; i < _states.Length; i++)
        {
            if (!stored.ContainsKey((long)i)) continue;
            var (state, values) = (_states[i], stored.GetSection((long)i));
            Tensor Copy(string key) => values.GetTensor(key, state.Parameter.shape).to(state.Parameter.device, copy: true);
            using var scope = NewDisposeScope();
            // All is read before anything is replaced: what one part of a damaged state lacks is not known before.
            var adam = _settings.Kind == OptimizerKind.AdamW;
            var (steps, first, second) = (
                adam ? values.GetInt32("step") : 0, Copy(adam ? "exp_avg" : "momentum_buffer"), adam ? Copy("exp_avg_sq") : null);
            state.Dispose();
            (state.Steps, state.First, state.Second) = (steps, first.DetachFromDisposeScope(), second?.DetachFromDisposeScope());
        }
    }

    public void Dispose()
    {
        foreach (var state in _states) state.Dispose();
    }

    /// <summary>What the operators below do, in one pass over all parameters.</summary>
    private void StepInMemory(List<(ParameterState State, Tensor Gradient)> moves)
    {
        Tensor[] parameters = [.. moves.Select(m => m.State.Parameter)];
        Tensor[] gradients = [.. moves.Select(m => m.Gradient)];
        Tensor[] first = [.. moves.Select(m => m.State.First!)];
        if (_settings.Kind == OptimizerKind.AdamW)
            ParameterMemory.AdamW(
                parameters, gradients, first, [.. moves.Select(m => m.State.Second!)], [.. moves.Select(m => FactorsOf(m.State))]);
        else
            ParameterMemory.Sgd(
                parameters, gradients, first,
                [.. moves.Select(m => ((float)m.State.Decay, (float)(LearningRate * m.State.Scale)))], (float)_settings.Momentum,
                nesterov: _settings.Kind == OptimizerKind.Sgd);
    }

    private AdamFactors FactorsOf(ParameterState state) => new(
        (float)_settings.Beta1,
        (float)(1 - _settings.Beta1),
        (float)_settings.Beta2,
        (float)(1 - _settings.Beta2),
        (float)Math.Sqrt(1 - Math.Pow(_settings.Beta2, state.Steps)),
        (float)_settings.Epsilon,
        (float)(1 - (LearningRate * state.Scale * state.Decay)),
        (float)(-LearningRate * state.Scale / (1 - Math.Pow(_settings.Beta1, state.Steps))));

    private void StepAdamW(ParameterState state, Tensor gradient)
    {
        var (first, second, factors) = (state.First!, state.Second!, FactorsOf(state));
        using var own2 = ((double)factors.OwnSquare).ToScalar();
        using var root = ((double)factors.Root).ToScalar();
        using var epsilon = ((double)factors.Epsilon).ToScalar();
        using var rate = ((double)factors.Rate).ToScalar();
        if (state.Decay != 0) state.Parameter.TimesInPlace(factors.KeptParameter);
        first.TimesInPlace(factors.KeptMean).PlusInPlace(gradient, factors.OwnMean);
        second.TimesInPlace(factors.KeptSquare).addcmul_(gradient, gradient, own2);
        state.Parameter.addcdiv_(first, second.sqrt().div_(root).add_(epsilon, KeptScalar.One), rate);
    }

    private void StepSgd(ParameterState state, Tensor gradient)
    {
        var first = state.First!;
        if (state.Decay != 0)
        {
            using var decay = state.Decay.ToScalar();
            gradient = gradient.add(state.Parameter, decay);
        }

        first.TimesInPlace(_settings.Momentum).PlusInPlace(gradient, 1);
        if (_settings.Kind == OptimizerKind.Sgd)
        {
            using var momentum = _settings.Momentum.ToScalar();
            gradient = gradient.add(first, momentum);
        }
        else
        {
            gradient = first;
        }

        state.Parameter.PlusInPlace(gradient, -LearningRate * state.Scale);
    }

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
            p.parameter.dim() != 1 && !p.name.EndsWith(".bias", StringComparison.Ordinal)
            && p.name is not ("absolute_pos_embed" or "encoder.absolute_pos_embed" or "reconstruction.mask_token")
            && (settings.DecayRelativePositionBias || !p.name.EndsWith("relative_position_bias_table", StringComparison.Ordinal));
        return [[.. named.Where(p => !Decays(p)).Select(p => p.parameter)], [.. named.Where(Decays).Select(p => p.parameter)]];
    }

    private double DecayOf(int group) => group == 1 ? _settings.WeightDecay : 0;

    private sealed class ParameterState(Parameter parameter, double decay, double scale) : IDisposable
    {
        public Parameter Parameter { get; } = parameter;

        public double Decay { get; } = decay;

        /// <summary>What its rate is of the learning rate.</summary>
        public double Scale { get; } = scale;

        public long Steps { get; set; }

        /// <summary>The momentum buffer of SGD, the mean gradient of AdamW; <see langword="null"/> before the first gradient.</summary>
        public Tensor? First { get; set; }

        /// <summary>The mean squared gradient of AdamW.</summary>
        public Tensor? Second { get; set; }

        /// <summary>Whether <see cref="ParameterMemory"/> reaches all of it.</summary>
        public bool IsInMemory =>
            ParameterMemory.Holds(Parameter) && (First is null || ParameterMemory.Holds(First))
            && (Second is null || ParameterMemory.Holds(Second));

        public void Dispose()
        {
            First?.Dispose();
            Second?.Dispose();
        }
    }
}
