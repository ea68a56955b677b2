using Ark.Evaluation;
using Ark.Models;
using static TorchSharp.torch;

namespace Ark.Training;

/// <summary>
/// The heart of Ark: what one batch, one pass over a dataset and one epoch over all datasets do to the student, its optimiser and the
/// teacher. It knows tensors only; where they come from is the trainer's business. Not thread-safe.
/// </summary>
internal sealed class KnowledgeAccrual : IDisposable
{
    private readonly AccrualSettings _settings;
    private readonly IReadOnlyList<TaskHead> _tasks;
    private readonly CosineSchedule _momentum;
    private readonly CosineSchedule _consistency;
    private readonly FusedBlocks? _blocks;

    /// <summary>Takes the two networks, which stay the caller's, and makes the optimiser.</summary>
    /// <param name="student">The network that is trained.</param>
    /// <param name="teacher">The network that follows, of the same shape.</param>
    /// <param name="tasks">For each dataset, which outputs answer it.</param>
    /// <param name="settings">What a step does.</param>
    public KnowledgeAccrual(ArkModel student, ArkModel teacher, IReadOnlyList<TaskHead> tasks, AccrualSettings settings)
    {
        Student = student;
        Teacher = teacher;
        _tasks = tasks;
        _settings = settings;
        var steps = settings.Epochs * settings.MovesPerEpoch;
        _momentum = new CosineSchedule(settings.TeacherMomentum, 1, steps);
        _consistency = new CosineSchedule(0, 0.5, steps);
        Optimizer = new StudentOptimizer(student, settings.Optimizer, settings.LearningRate.Initial);
        foreach (var parameter in teacher.parameters()) parameter.requires_grad = false;
        teacher.train(settings.TeacherStartsInTrainingMode);
        _blocks = settings.PlainOperators ? null : FusedBlocks.Create(student.Backbone, student.Precision, get_num_threads());
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

    /// <summary>The weight of the consistency loss at the current position: 0 to 0.5, times the scale.</summary>
    public double ConsistencyWeight => ConsistencyWeightAt(ScheduleIndex);

    /// <summary>The momentum with which the teacher moved last.</summary>
    public double LastMomentum { get; private set; }

    /// <summary>The consistency weight of the last step.</summary>
    public double LastConsistencyWeight { get; private set; }

    /// <summary>Trains the student, and one head of it, on one batch of one dataset.</summary>
    /// <param name="dataset">Which dataset.</param>
    /// <param name="studentView"><c>[B, 3, H, W]</c>, augmented.</param>
    /// <param name="teacherView"><c>[B, 3, H, W]</c>, of the same images.</param>
    /// <param name="targets"><c>[B, K]</c>; see <see cref="TaskLoss"/>.</param>
    /// <param name="anyMissing">Whether targets may be NaN.</param>
    /// <returns>Task loss, consistency loss, total.</returns>
    public double[] Step(int dataset, Tensor studentView, Tensor teacherView, Tensor targets, bool anyMissing) =>
        Step(1, _ => new StepPart(studentView, teacherView, 1, [new TaskPart(dataset, targets, anyMissing)]));

    /// <summary>Trains the student on one batch, part by part: the gradients of the parts add up to those of the batch.</summary>
    /// <param name="parts">How many parts; their shares add up to 1.</param>
    /// <param name="part">Makes a part; its tensors are disposed when it has been used.</param>
    /// <param name="cancellationToken">Gives the step up while nothing has been changed yet: between its parts, and between the passes of
    /// one.</param>
    /// <returns>Task loss, consistency loss, total.</returns>
    /// <exception cref="DivergedException">Loss or gradient is not finite; nothing was changed.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled; nothing was changed.</exception>
    public double[] Step(int parts, Func<int, StepPart> part, CancellationToken cancellationToken = default)
    {
        using var scope = NewDisposeScope();
        if (!Student.training) Student.train();
        LastConsistencyWeight = ConsistencyWeight;
        Optimizer.ClearGradients(_settings.FillGradientsWithZeros);
        var losses = Accumulate(part(0), cancellationToken);
        for (var i = 1; i < parts; i++)
        {
            using var each = NewDisposeScope();
            losses.PlusInPlace(Accumulate(part(i), cancellationToken), 1);
        }

        cancellationToken.ThrowIfCancellationRequested();
        var seen = losses.cpu().data<double>().ToArray();
        try
        {
            // The total adds nothing to what the other two say.
            Optimizer.Step(seen.AsSpan(0, 2).ToArray(), _settings.ClipGradient);
        }
        catch (DivergedException)
        {
            Optimizer.ClearGradients(_settings.FillGradientsWithZeros);
            throw;
        }

        if (_settings.EmaMode == EmaMode.Iteration) MoveTeacher();
        return seen;
    }

    /// <summary>
    /// Goes on from a stored position; what the last step used is known from it, for a stop may fall between a pass's last step and its
    /// end.
    /// </summary>
    /// <param name="scheduleIndex">The stored <see cref="ScheduleIndex"/>.</param>
    /// <param name="passStartIndex">The stored <see cref="PassStartIndex"/>.</param>
    public void Restore(int scheduleIndex, int passStartIndex)
    {
        (ScheduleIndex, PassStartIndex) = (scheduleIndex, passStartIndex);
        if (_settings.FillGradientsWithZeros) Optimizer.RestoreZeroGradients();
        var moved = Math.Max(0, scheduleIndex - 1);
        LastMomentum = _momentum[moved];
        LastConsistencyWeight = ConsistencyWeightAt(_settings.EmaMode == EmaMode.Iteration
            ? moved
            : Math.Min(scheduleIndex, _momentum.Steps - 1));
    }

    /// <summary>Ends a pass over one dataset: in epoch mode the teacher moves now.</summary>
    public void EndPass()
    {
        if (_settings.EmaMode == EmaMode.Epoch) MoveTeacher();
        else if (_settings.AdvanceIndexOncePerDataset) ScheduleIndex = PassStartIndex + 1;
        if (_settings.RestartIndexEachPass) ScheduleIndex = 0;
        PassStartIndex = ScheduleIndex;
    }

    /// <summary>Ends a pass over all datasets: the learning rate moves on.</summary>
    /// <param name="finishedEpochs">Passes over all datasets that are done.</param>
    /// <param name="meanValidationLoss">The mean of the datasets' validation losses.</param>
    public void EndEpoch(int finishedEpochs, double meanValidationLoss) =>
        Optimizer.LearningRate = _settings.LearningRate.At(_settings.StepScheduleWithValidationLoss ? meanValidationLoss : finishedEpochs);

    public void Dispose()
    {
        Optimizer.Dispose();
        _blocks?.Dispose();
    }

    /// <summary>Whether a dataset's classes compete in its loss.</summary>
    public bool IsExclusive(int dataset) => _tasks[dataset].Task == LabelTask.MultiClass && !_settings.BinaryLossOnMultiClass;

    /// <summary>Which outputs answer a dataset.</summary>
    public TaskHead HeadOf(int dataset) => _tasks[dataset];

    private Tensor Accumulate(StepPart part, CancellationToken cancellationToken)
    {
        using var scope = NewDisposeScope();
        cancellationToken.ThrowIfCancellationRequested();
        var weight = LastConsistencyWeight;
        // Where the consistency loss has no weight at all, the teacher's pass is saved.
        var followed = _settings.ConsistencyScale == 0 ? null : ModelFeatures.Of(Teacher, part.TeacherView, _blocks);
        cancellationToken.ThrowIfCancellationRequested();
        using var pass = new TrainingPass(Student, part.StudentView, _blocks, _settings.GradientCheckpointing);
        var features = Student.FeaturesOf(pass.Tokens);
        var task = TaskLossOf(part.Tasks[0], features);
        foreach (var asked in part.Tasks.Skip(1)) task = task.Plus(TaskLossOf(asked, features));
        var consistency = followed is null ? zeros([], device: features.device) : nn.functional.mse_loss(features, followed);
        if (part.Share != 1) consistency = consistency.Times(part.Share);
        var total = task.Times(1 - weight).Plus(consistency.Times(weight));
        cancellationToken.ThrowIfCancellationRequested();
        pass.Backward(total);
        return stack([task!.detach(), consistency.detach(), total.detach()]).to(ScalarType.Float64).MoveToOuterDisposeScope();
    }

    /// <summary>A head's logits of either network, without gradients; of the caller's dispose scope.</summary>
    public Tensor Logits(ArkModel network, Tensor images, int head) => network.Logits(ModelFeatures.Of(network, images, _blocks), head);

    private Tensor TaskLossOf(TaskPart asked, Tensor features)
    {
        var head = _tasks[asked.Dataset];
        var own = asked.Rows is null ? features : features.index_select(0, asked.Rows);
        var logits = Student.Logits(own, head.Head);
        if (head.Columns is { } columns)
            logits = logits.index_select(1, tensor(columns.Select(c => (long)c).ToArray(), device: logits.device));
        var loss = TaskLoss.Compute(logits, asked.Targets, IsExclusive(asked.Dataset), asked.AnyMissing);
        return asked.Share == 1 ? loss : loss.Times(asked.Share);
    }

    private double ConsistencyWeightAt(int scheduleIndex)
    {
        // The published iteration mode looks the weight up once a pass.
        var index = _settings.AdvanceIndexOncePerDataset ? PassStartIndex : scheduleIndex;
        if (_settings.Recipe != TrainingRecipe.ArkPlus) return _settings.ConsistencyScale * _consistency[index];
        var weight = (_momentum[index] - 0.9) * 5;
        // As published, a momentum below 0.9 drives student and teacher apart.
        return _settings.ConsistencyScale * (_settings.AllowsNegativeConsistency ? weight : Math.Max(0, weight));
    }

    private void MoveTeacher()
    {
        LastMomentum = Momentum;
        MomentumTeacher.Follow(Student, Teacher, LastMomentum);
        ScheduleIndex++;
    }
}
