using Ark.Inference;
using Ark.Models;
using Ark.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace Ark.Tests;

/// <summary>
/// A student and a teacher of the smallest size, with a head of findings and one of exclusive classes, and pictures that are noise.
/// </summary>
internal sealed class SmallAccrual : IDisposable
{
    public const int Findings = 0;
    public const int Triage = 1;

    private readonly DisposeScope _scope = NewDisposeScope();
    private readonly Generator _noise = new(11);

    public SmallAccrual(Fidelity fidelity, Func<AccrualSettings, AccrualSettings>? change = null)
    {
        var settings = new AccrualSettings
        {
            Recipe = TrainingRecipe.Ark,
            EmaMode = EmaMode.Iteration,
            Epochs = 2,
            MovesPerEpoch = 10,
            Optimizer = new OptimizerSettings { Kind = OptimizerKind.Sgd },
            LearningRate = new LearningRateSchedule(0.1, 1e-5, 1e-6, 2, 10),
        };
        settings = change?.Invoke(settings) ?? settings;
        var (student, teacher) = TrainingModels.Create(
            new TrainingOptions { Fidelity = fidelity, DropPathRate = 0 }, Description, trained: null, initialWeights: null, out _);
        Accrual = new KnowledgeAccrual(
            student,
            teacher,
            [new TaskHead(LabelTask.MultiLabel, Findings), new TaskHead(LabelTask.MultiClass, Triage)],
            settings.With(fidelity));
    }

    public static ModelDescription Description { get; } = new()
    {
        Architecture = "swin_mini",
        ImageSize = 32,
        UseMlpProjector = true,
        ProjectorFeatures = 16,
        Normalization = Normalization.ImageNet,
        Heads =
        [
            new ArkHead("Findings", new LabelSchema(LabelTask.MultiLabel, ["Effusion", "Edema"])),
            new ArkHead("Triage", new LabelSchema(LabelTask.MultiClass, ["Normal", "Other", "Opacity"])),
        ],
    };

    public KnowledgeAccrual Accrual { get; }

    public static Tensor Targets(int dataset) => dataset == Findings
        ? tensor(new float[] { 1, 0, 0, 1, 1, 1, 0, 0 }, [4, 2])
        : tensor(new float[] { 0, 0, 1, 1, 0, 0, 0, 1, 0, 1, 0, 0 }, [4, 3]);

    public Tensor Pictures() => randn([4, 3, 32, 32], generator: _noise);

    /// <summary>One step on one dataset.</summary>
    /// <returns>Task loss, consistency loss, total.</returns>
    public double[] Step(int dataset) => Accrual.Step(dataset, Pictures(), Pictures(), Targets(dataset), anyMissing: false);

    /// <summary>The student's weights of some modules, as they are now.</summary>
    public Tensor Weights(string part)
    {
        using var noGradient = no_grad();
        return cat([.. Accrual.Student.named_parameters()
            .Where(p => p.name.Contains(part, StringComparison.Ordinal))
            .Select(p => p.parameter.detach().clone().flatten())]);
    }

    public void Dispose()
    {
        Accrual.Dispose();
        Accrual.Student.Dispose();
        Accrual.Teacher.Dispose();
        _noise.Dispose();
        _scope.Dispose();
    }
}
