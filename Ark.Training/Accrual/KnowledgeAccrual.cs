using Ark.Models;
using static TorchSharp.torch;

namespace Ark.Training;

/// <summary>
/// The heart of Ark: what one batch, one pass over a dataset and one epoch over all datasets do to the student, its optimiser and the teacher.
/// It knows tensors only; where they come from is the trainer's business. Not thread-safe.
/// </summary>
internal sealed class KnowledgeAccrual : IDisposable
{
    private readonly AccrualSettings _settings;
    private readonly IReadOnlyList<LabelTask> _tasks;
    private readonly CosineSchedule _momentum;
    private readonly CosineSchedule _consistency;

    /// <summary>Takes the two networks, which stay the caller's, and makes the optimiser.</summary>
    public KnowledgeAccrual(ArkModel student, ArkModel teacher, IReadOnlyList<LabelTask> tasks, AccrualSettings settings)
    {
        Student = student;
        Teacher = teacher;
        _tasks = tasks;
        _settings = settings;
        var steps = settings.Epochs * (settings.EmaMode == EmaMode.Epoch ? settings.StepsPerPass.Count : settings.StepsPerPass.Sum());
        _momentum = new CosineSchedule(settings.TeacherMomentum, 1, steps);
        _consistency = new CosineSchedule(0, 0.5, steps);
        Optimizer = new StudentOptimizer(student, settings.Optimizer, settings.LearningRate.Initial);
        foreach (var parameter in teacher.parameters()) parameter.requires_grad = false;
        teacher.train(settings.TeacherStartsInTrainingMode);
    }

    public ArkModel Student { get; }

    public ArkModel Teacher { get; }

    public StudentOptimizer Optimizer { get; }

    /// <summary>Position in the momentum and consistency schedules.</summary>
    public int ScheduleIndex { get; private set; }

    /// <summary>The index at which the current pass began.</summary>
    public int PassStartIndex { get; private set; }

    /// <summary>The teacher's momentum at the current position.</summary>
    public double Momentum => _momentum[ScheduleIndex];

    /// <summary>The weight of the consistency loss at the current position, 0 to 0.5.</summary>
    public double ConsistencyWeight => ConsistencyWeightAt(ScheduleIndex);

    /// <summary>The momentum with which the teacher moved last.</summary>
    public double LastMomentum { get; private set; }

    /// <summary>The consistency weight of the last step.</summary>
    public double LastConsistencyWeight { get; private set; }

    /// <summary>Trains the student, and one head of it, on one batch.</summary>
    /// <param name="dataset">Which dataset, and so which head.</param>
    /// <param name="studentView"><c>[B, 3, H, W]</c>, augmented.</param>
    /// <param name="teacherView"><c>[B, 3, H, W]</c>, of the same images.</param>
    /// <param name="targets"><c>[B, K]</c>; see <see cref="TaskLoss"/>.</param>
    /// <param name="anyMissing">Whether targets may be NaN.</param>
    /// <returns><c>[3]</c>: task loss, consistency loss, total; detached, on the model's device, owned by the caller.</returns>
    public Tensor Step(int dataset, Tensor studentView, Tensor teacherView, Tensor targets, bool anyMissing)
    {
        using var scope = NewDisposeScope();
        if (!Student.training) Student.train();
        var weight = LastConsistencyWeight = ConsistencyWeight;
        Tensor followed;
        using (no_grad()) followed = Teacher.forward(teacherView, dataset).Features;
        var (features, logits) = Student.forward(studentView, dataset);
        var task = TaskLoss.Compute(logits, targets, IsExclusive(dataset), anyMissing);
        var consistency = nn.functional.mse_loss(features, followed);
        var total = task.Times(1 - weight).Plus(consistency.Times(weight));

        Optimizer.ClearGradients(_settings.FillGradientsWithZeros);
        total.backward();
        if (_settings.ClipGradient is { } norm) nn.utils.clip_grad_norm_(Student.parameters(), norm);
        Optimizer.Step();

        if (_settings.EmaMode == EmaMode.Iteration) MoveTeacher();
        return stack([task.detach(), consistency.detach(), total.detach()]).MoveToOuterDisposeScope();
    }

    /// <summary>Goes on from a stored position; what the last step used is known from it, for a stop may fall between a pass's last step and its end.</summary>
    /// <param name="scheduleIndex">The stored <see cref="ScheduleIndex"/>.</param>
    /// <param name="passStartIndex">The stored <see cref="PassStartIndex"/>.</param>
    public void GoOnFrom(int scheduleIndex, int passStartIndex)
    {
        (ScheduleIndex, PassStartIndex) = (scheduleIndex, passStartIndex);
        var moved = Math.Max(0, scheduleIndex - 1);
        LastMomentum = _momentum[moved];
        LastConsistencyWeight = ConsistencyWeightAt(_settings.EmaMode == EmaMode.Iteration ? moved : Math.Min(scheduleIndex, _momentum.Steps - 1));
    }

    /// <summary>Ends a pass over one dataset: in epoch mode the teacher moves now.</summary>
    public void EndPass()
    {
        if (_settings.EmaMode == EmaMode.Epoch) MoveTeacher();
        else if (_settings.AdvanceIndexOncePerDataset) ScheduleIndex = PassStartIndex + 1;
        PassStartIndex = ScheduleIndex;
    }

    /// <summary>Ends a pass over all datasets: the learning rate moves on.</summary>
    /// <param name="finishedEpochs">Passes over all datasets that are done.</param>
    /// <param name="meanValidationLoss">The mean of the datasets' validation losses.</param>
    public void EndEpoch(int finishedEpochs, double meanValidationLoss) =>
        Optimizer.LearningRate = _settings.LearningRate.At(_settings.StepScheduleWithValidationLoss ? meanValidationLoss : finishedEpochs);

    public void Dispose() => Optimizer.Dispose();

    /// <summary>Whether a dataset's classes compete in its loss.</summary>
    public bool IsExclusive(int dataset) => _tasks[dataset] == LabelTask.MultiClass && !_settings.BinaryLossOnMultiClass;

    private double ConsistencyWeightAt(int scheduleIndex)
    {
        // The published iteration mode looks the weight up once a pass.
        var index = _settings.AdvanceIndexOncePerDataset ? PassStartIndex : scheduleIndex;
        return _settings.Recipe == TrainingRecipe.ArkPlus ? (_momentum[index] - 0.9) * 5 : _consistency[index];
    }

    private void MoveTeacher()
    {
        LastMomentum = Momentum;
        MomentumTeacher.Follow(Student, Teacher, LastMomentum);
        ScheduleIndex++;
    }
}
