using System.Text.Json.Nodes;
using Ark.Data;
using Ark.Evaluation;
using Ark.Inference;
using Ark.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace Ark.Training;

/// <summary>Accrual: one student visits the datasets, each with a head of its own, and a teacher follows it.</summary>
internal sealed class AccrualTask : ITrainingTask
{

    private readonly TrainingOptions _options;
    private readonly IReadOnlyList<PreparedDataset> _datasets;
    private readonly BatchSource _source;
    private readonly IImageTransform _trainingView;
    private readonly IImageTransform _evaluationView;
    private readonly IImageTransform _testView;
    private readonly ProgressReporter _reporter;
    private readonly ArkInstruments _instruments;
    private readonly Device _device;
    private readonly KnowledgeAccrual _accrual;
    private readonly int[] _labels;

    /// <summary>Builds the networks.</summary>
    /// <param name="options">How to train.</param>
    /// <param name="datasets">On what.</param>
    /// <param name="source">Reads the images.</param>
    /// <param name="directory">The folder of a run that goes on, which then needs no initial weights; <see langword="null"/> for one that
    /// begins.</param>
    /// <param name="reporter">Is told what happens.</param>
    /// <param name="instruments">Measures it.</param>
    /// <exception cref="ArkInputException">The initial weights, or a head of theirs, do not fit.</exception>
    public AccrualTask(
        TrainingOptions options, IReadOnlyList<PreparedDataset> datasets, BatchSource source, RunDirectory? directory,
        ProgressReporter reporter, ArkInstruments? instruments = null)
    {
        _options = options;
        _datasets = datasets;
        _source = source;
        _reporter = reporter;
        _instruments = instruments ?? new ArkInstruments();
        _device = ComputeDevice.Of(options.Device);
        _labels = [.. datasets.Select(d => d.Labels.Count)];
        var stored = directory is null
            ? null
            : RunCheckpoints.ReadNewest(directory, options.MaxCheckpoints, DescribedCheckpoint.ReadDescription);
        // A run that has a state of its own needs the file that it began with no more.
        var begins = directory is null || !RunCheckpoints.HasState(directory, options.MaxCheckpoints);
        using var trained = begins && options is { InitialWeights: { } path, NestedKey: null }
            ? TrainedModel.Open(path, options.Reading)
            : null;
        Model = TrainingModels.Describe(options, datasets, stored?.Heads ?? trained?.Heads ?? []);
        _trainingView = TrainingModels.View(options, Model.ImageSize);
        _evaluationView = Transforms.Evaluation(options.Normalization, Model.ImageSize);
        _testView = options.TestTimeCrops == 10 ? Transforms.TenCrop(options.Normalization, Model.ImageSize) : _evaluationView;
        using var unfinished = new Unfinished();
        var (student, teacher) = TrainingModels.Create(
            options, Model, trained, begins && trained is null ? options.InitialWeights : null, out var remark);
        if (remark is not null) reporter.Message($"{options.InitialWeights}: {remark}");
        foreach (var network in (ArkModel[])[student, teacher]) unfinished.Keep(network);
        _accrual = unfinished.Keep(new KnowledgeAccrual(
            student.to(_device), teacher.to(_device), HeadPlan.Tasks(options.TaskOrder, datasets, Model.Heads),
            AccrualSettings.Of(options, MovesPerEpoch(options, datasets))));
        unfinished.Finish();
    }

    /// <summary>The model that is trained.</summary>
    public ModelDescription Model { get; }

    /// <summary>Test figures of student and teacher after the last epoch that was tested.</summary>
    public IReadOnlyList<DatasetEvaluation> Evaluations { get; private set; } = [];

    public string Prefix => "";

    public StudentOptimizer Optimizer => _accrual.Optimizer;

    public bool StepsAreAtomic => true;

    public bool IsTestedAtItsBest => false;

    public IReadOnlyList<KeyValuePair<string, nn.Module>> Networks =>
        [
            KeyValuePair.Create<string, nn.Module>("state_dict", _accrual.Student),
            KeyValuePair.Create<string, nn.Module>("teacher", _accrual.Teacher)
        ];

    public StateDescription Description => field ??= new StateDescription
    {
        Format = DescribedCheckpoint.FormatVersion,
        Model = DescriptionCodec.Encode(Model),
        Options = OptionTables.Training.ToCheckpoint(_options),
        RequireSameOptions = (path, stored) => OptionTables.Training.RequireSame(path, stored, _options),
        Data = [.. _datasets.Select(d => KeyValuePair.Create(d.Name, d.Digest))],
    };

    public IReadOnlyList<DatasetPass> Passes(int epoch) => DatasetPass.Of(_options.TaskOrder, _datasets, _options.Seed, epoch);

    public int StepCount(DatasetPass pass) => BatchSource.BatchCount(pass.Images, _options.BatchSize);

    public IEnumerable<TrainingStep> Steps(DatasetPass pass, TrainingPosition position, CancellationToken cancellationToken)
    {
        int? dataset = pass.IsMixed ? null : pass.Datasets[0];
        IReadOnlyList<StepSample> samples = dataset is { } number
            ? [.. _datasets[number].Train.Select(s => new StepSample(number, s))]
            : MixedSamples.Of(_datasets, _options.Fidelity == Fidelity.Corrected, _options.Seed, position.Epoch);
        // The step takes targets from the samples: in a mixed batch they differ in number.
        ImageSample[] images = [.. samples.Select(s => s.Sample with { Targets = [] })];
        foreach (var batch in _source.Training(pass.Name, dataset, images, _trainingView, position.Epoch, position.Step, cancellationToken))
        {
            yield return new TrainingStep(batch.Number, batch.Count, () => batch.Indices.Select(i => images[i].Image.Name),
                (at, token) => Step(batch, samples, at, token), batch);
        }
    }

    public string DescribeLosses(TrainingPosition position) =>
        FormattableString.Invariant($"task loss {position.MeanLoss(0):F4}, consistency {position.MeanLoss(1):F4}");

    public void EndPass() => _accrual.EndPass();

    public JsonObject RecordPass(DatasetPass pass, TrainingPosition position) => new()
    {
        ["event"] = "pass",
        ["epoch"] = position.Epoch + 1,
        ["dataset"] = pass.Name,
        ["images"] = position.Images,
        ["task_loss"] = JsonScalar.Number(position.MeanLoss(0)),
        ["consistency_loss"] = JsonScalar.Number(position.MeanLoss(1)),
        ["total_loss"] = JsonScalar.Number(position.MeanLoss(2)),
        ["lr"] = Optimizer.LearningRate,
        ["momentum"] = _accrual.LastMomentum,
        ["consistency_weight"] = _accrual.LastConsistencyWeight,
    };

    public EpochOutcome Validate(TrainingPosition position, CancellationToken cancellationToken)
    {
        double[] losses = [.. Enumerable.Range(0, _datasets.Count)
            .Select(d => Read(_accrual.Student, d, DatasetSplit.Validation, position, cancellationToken).Loss)];
        return EpochOutcome.Of(position.Epoch + 1, [.. _datasets.Select(d => d.Name)], losses, _options.SelectionDataset);
    }

    public IReadOnlyList<JsonObject> TestEpoch(TrainingPosition position, CancellationToken cancellationToken)
    {
        Evaluations = Test(position, cancellationToken);
        return [.. Evaluations.Select(e => Json.Evaluation(e, position.Epoch + 1))];
    }

    public void EndEpoch(int epoch, EpochOutcome outcome) => _accrual.EndEpoch(epoch, outcome.Losses.Average());

    /// <summary>Tests student and teacher on every dataset.</summary>
    public List<DatasetEvaluation> Test(TrainingPosition position, CancellationToken cancellationToken)
    {
        var evaluations = new List<DatasetEvaluation>();
        for (var d = 0; d < _datasets.Count; d++)
        {
            foreach (var role in (ModelRole[])[ModelRole.Student, ModelRole.Teacher])
            {
                var predictions = Read(role == ModelRole.Student
                    ? _accrual.Student
                    : _accrual.Teacher, d, DatasetSplit.Test, position, cancellationToken).Predictions;
                evaluations.Add(predictions.Evaluate(
                    _datasets[d].Name, DatasetSplit.Test, role, _datasets[d].TestLabels, cancellationToken: cancellationToken));
                _instruments.Evaluated(evaluations[^1]);
            }
        }

        return evaluations;
    }

    public void RequireSameModel(string path, CheckpointSection model)
    {
        if (!DescriptionCodec.Decode(path, model).IsSameAs(Model))
            throw new ArkInputException(
                path,
                "key 'ark.model'",
                "is a checkpoint of another model or of other datasets",
                "Resume with the catalogue and the options that the run began with.");
    }

    public void Store(OrderedDictionary<string, object?> position)
    {
        position["schedule_index"] = (long)_accrual.ScheduleIndex;
        position["pass_start_index"] = (long)_accrual.PassStartIndex;
        position["teacher_in_training_mode"] = _accrual.Teacher.training;
    }

    public TrainingPosition Restore(CheckpointSection stored, TrainingPosition position)
    {
        _accrual.Restore(stored.GetInt32("schedule_index"), stored.GetInt32("pass_start_index"));
        _accrual.Teacher.train(stored.GetBoolean("teacher_in_training_mode"));
        return position;
    }

    public void Dispose()
    {
        _accrual.Dispose();
        _accrual.Student.Dispose();
        _accrual.Teacher.Dispose();
    }

    private static int MovesPerEpoch(TrainingOptions options, IReadOnlyList<PreparedDataset> datasets)
    {
        var passes = DatasetPass.Of(options.TaskOrder, datasets, options.Seed, 0);
        // The published concurrent order sizes its schedules for a pass over each dataset, and for one step more than there are where
        // batches come out even.
        var published = options.Fidelity == Fidelity.Published && options.TaskOrder == TaskOrder.Concurrent;
        if (options.EmaMode == EmaMode.Epoch) return published ? datasets.Count : passes.Count;
        return published
            ? (passes[0].Images / options.BatchSize) + 1
            : passes.Sum(p => BatchSource.BatchCount(p.Images, options.BatchSize));
    }

    private double[] Step(Batch batch, IReadOnlyList<StepSample> samples, TrainingPosition position, CancellationToken cancellationToken)
    {
        using var scope = NewDisposeScope();
        _accrual.Student.DropPathStream = new RandomStream(_options.Seed, RandomStreams.DropPath, (ulong)position.TotalSteps);
        _accrual.Teacher.DropPathStream = new RandomStream(_options.Seed, RandomStreams.TeacherDropPath, (ulong)position.TotalSteps);
        var parts = new StepBatch(batch, samples, _labels, _accrual, _options.GradientAccumulationSteps, _device);
        return _accrual.Step(parts.Parts, parts.Part, cancellationToken);
    }

    private (double Loss, Predictions Predictions) Read(
        ArkModel network, int dataset, DatasetSplit split, TrainingPosition position, CancellationToken cancellationToken)
    {
        var data = _datasets[dataset];
        var phase = split == DatasetSplit.Test ? TrainingPhase.Testing : TrainingPhase.Validating;
        using var activity = ArkInstruments.Begin(
            phase == TrainingPhase.Validating ? "ark.validate" : "ark.test", data.Name, position.Epoch + 1);
        var view = split == DatasetSplit.Test ? _testView : _evaluationView;
        var steps = _source.BatchCount(data[split].Count, view);
        var step = 0;
        var head = _accrual.HeadOf(dataset);
        if (network.training) network.eval();
        var batches = _source.InOrder(data.Name, data[split], view, cancellationToken);
        return SplitReader.Read(views => _accrual.Logits(network, views, head.Head), data.Labels, batches, _accrual.IsExclusive(
            dataset), _device, images =>
        {
            step++;
            _instruments.Read(data.Name, phase, images);
            if (_reporter.IsDue)
                _reporter.Report(phase, Math.Min(position.Epoch + 1, _options.Epochs), data.Name, step, steps, position.TotalSteps);
        }, head.Columns);
    }
}
