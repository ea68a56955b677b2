using System.Diagnostics;
using System.Text.Json.Nodes;
using Ark.Data;
using Ark.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace Ark.Training;

/// <summary>One run while it runs: the networks, the position, and the loop over epochs, passes and steps. Lives on one thread.</summary>
internal sealed class TrainingSession : IDisposable
{
    // Streams of randomness are named by what they are for, so that a new use never shifts an old one. DatasetPass and MixedSamples have 2 and 3.
    private const ulong DropPathStream = 1;
    private const ulong TeacherDropPathStream = 4;

    private readonly TrainingOptions _options;
    private readonly IReadOnlyList<PreparedDataset> _datasets;
    private readonly BatchSource _source;
    private readonly IImageTransform _trainingView;
    private readonly IImageTransform _evaluationView;
    private readonly IImageTransform _testView;
    private readonly RunDirectory? _directory;
    private readonly RunCheckpoints? _checkpoints;
    private readonly ProgressReporter _reporter;
    private readonly ArkInstruments _instruments;
    private readonly Device _device;
    private readonly KnowledgeAccrual _accrual;
    private readonly int[] _labels;
    private readonly List<MemoryReading> _memory = [];
    private readonly TrainingPosition _position;
    private List<DatasetEvaluation> _evaluations = [];
    private bool _isBetweenSteps = true;

    public TrainingSession(TrainingOptions options, IReadOnlyList<PreparedDataset> datasets, BatchSource source, RunDirectory? directory, bool resume, ProgressReporter reporter, ArkInstruments? instruments = null)
    {
        _options = options;
        _datasets = datasets;
        _source = source;
        _directory = directory;
        _reporter = reporter;
        _instruments = instruments ?? new ArkInstruments();
        _device = ComputeDevice.Of(options.Device);
        _labels = [.. datasets.Select(d => d.Labels.Count)];
        var stored = resume ? RunCheckpoints.ReadDescription(directory!, options.MaxCheckpoints) : null;
        // A run that has a state of its own needs the file that it began with no more.
        var begins = !resume || !RunCheckpoints.HasState(directory!, options.MaxCheckpoints);
        using var trained = begins && options is { InitialWeights: { } path, NestedKey: null } ? TrainedModel.Open(path) : null;
        Description = TrainingModels.Describe(options, datasets, stored?.Heads ?? trained?.Heads ?? []);
        _trainingView = Transforms.Training(options, Description.ImageSize);
        _evaluationView = Transforms.Evaluation(options.Normalization, Description.ImageSize);
        _testView = options.TestTimeCrops == 10 ? Transforms.TenCrop(options.Normalization, Description.ImageSize) : _evaluationView;
        using var unfinished = new Unfinished();
        var (student, teacher) = TrainingModels.Create(options, Description, trained, begins && trained is null ? options.InitialWeights : null);
        foreach (var network in (ArkModel[])[student, teacher]) unfinished.Keep(network);
        _accrual = unfinished.Keep(new KnowledgeAccrual(student.to(_device), teacher.to(_device), HeadPlan.Tasks(options.TaskOrder, datasets, Description.Heads), AccrualSettingsOf(options, datasets)));
        _checkpoints = directory is null ? null : new RunCheckpoints(directory, options, Description, datasets, _accrual);
        _position = resume ? _checkpoints!.Resume(w => reporter.Message(w, warning: true)) : new TrainingPosition();
        if (options.TensorBoard) directory?.WriteEvents();
        unfinished.Finish();
    }

    public ModelDescription Description { get; }

    /// <summary>Trains to the end. Cancelled, or stopped by its input, a run leaves the state of its last step.</summary>
    public TrainingResult Run(CancellationToken cancellationToken)
    {
        var watch = Stopwatch.StartNew();
        _reporter.Begin(_options.Epochs, Passes(0).Sum(StepsOf) * (long)_options.Epochs, _position.TotalSteps);
        try
        {
            // Loading may have taken long.
            cancellationToken.ThrowIfCancellationRequested();
            while (_position.Epoch < _options.Epochs) RunEpoch(cancellationToken);
        }
        catch (Exception e) when (_isBetweenSteps && e is (OperationCanceledException or ArkInputException))
        {
            _checkpoints?.SaveStopped(_position);
            throw;
        }

        if (_evaluations.Count == 0) _evaluations = TestAll(cancellationToken);
        var baselines = _options.PixelBaseline ? FitBaselines(cancellationToken) : [];
        return new TrainingResult
        {
            Evaluations = _evaluations,
            PixelBaselines = baselines,
            Memory = _memory,
            SkippedImages = _source.SkippedImages,
            PassedOver = _checkpoints?.PassedOver,
            Duration = watch.Elapsed,
            Directory = _directory?.FullPath,
        };
    }

    public void Dispose()
    {
        _accrual.Dispose();
        _accrual.Student.Dispose();
        _accrual.Teacher.Dispose();
    }

    private static AccrualSettings AccrualSettingsOf(TrainingOptions options, IReadOnlyList<PreparedDataset> datasets) => new AccrualSettings
    {
        Recipe = options.Recipe,
        EmaMode = options.EmaMode,
        Epochs = options.Epochs,
        MovesPerEpoch = MovesPerEpoch(options, datasets),
        TeacherMomentum = options.TeacherMomentum,
        ConsistencyScale = options.ConsistencyScale,
        Optimizer = options.CreateOptimizerSettings(),
        LearningRate = options.CreateSchedule(),
        ClipGradient = options.ClipGradient,
        GradientCheckpointing = options.GradientCheckpointing,
        Concurrent = options.TaskOrder == TaskOrder.Concurrent,
    }.With(options.Fidelity);

    private static int MovesPerEpoch(TrainingOptions options, IReadOnlyList<PreparedDataset> datasets)
    {
        var passes = DatasetPass.Of(options.TaskOrder, datasets, options.Seed, 0);
        // The published concurrent order sizes its schedules for a pass over each dataset, and for one step more than there are where batches come out even.
        var published = options.Fidelity == Fidelity.Published && options.TaskOrder == TaskOrder.Concurrent;
        if (options.EmaMode == EmaMode.Epoch) return published ? datasets.Count : passes.Count;
        return published ? (passes[0].Images / options.BatchSize) + 1 : passes.Sum(p => BatchSource.BatchCount(p.Images, options.BatchSize));
    }

    private IReadOnlyList<DatasetPass> Passes(int epoch) => DatasetPass.Of(_options.TaskOrder, _datasets, _options.Seed, epoch);

    private int StepsOf(DatasetPass pass) => BatchSource.BatchCount(pass.Images, _options.BatchSize);

    private void RunEpoch(CancellationToken cancellationToken)
    {
        var passes = Passes(_position.Epoch);
        while (_position.Pass < passes.Count)
        {
            TrainPass(passes[_position.Pass], cancellationToken);
            _checkpoints?.SaveLast(_position);
        }

        // Testing draws no random numbers and changes no state, so a run that is stopped here repeats it and goes on as if nothing had happened.
        var losses = Enumerable.Range(0, _datasets.Count).Select(d => ValidationLoss(d, cancellationToken)).ToArray();
        var epoch = _position.Epoch + 1;
        if (Array.FindIndex(losses, l => !double.IsFinite(l)) is >= 0 and var bad)
        {
            throw new TrainingStoppedException(FormattableString.Invariant($"epoch {epoch}: the validation loss of {_datasets[bad].Name} is not finite: the loss has exploded. ")
                + $"No checkpoint was chosen by it{(File.Exists(_directory?.BestCheckpoint) ? $"; {_directory.BestCheckpoint} is the best before" : "")}. "
                + "Begin a new run with a lower 'LearningRate' or 'ClipGradient'.");
        }

        var tested = epoch % _options.EvaluationInterval == 0 || epoch == _options.Epochs;
        _evaluations = tested ? TestAll(cancellationToken) : [];

        _isBetweenSteps = false;
        _accrual.EndEpoch(epoch, losses.Average());
        RecordEpoch(epoch, losses);
        var best = IsBest(losses);
        _position.ValidationLosses = losses;
        _position.Epoch = epoch;
        _position.Pass = 0;
        _isBetweenSteps = true;
        if (tested) _checkpoints?.SaveEpoch(_position);
        if (best) _checkpoints?.SaveBest(_position);
        _checkpoints?.SaveLast(_position);
        _memory.Add(MemoryReading.Take(epoch));
    }

    private void TrainPass(DatasetPass pass, CancellationToken cancellationToken)
    {
        using var activity = ArkInstruments.Begin("ark.pass", pass.Name, _position.Epoch + 1);
        var steps = StepsOf(pass);
        var watch = Stopwatch.StartNew();
        var stepEnded = watch.Elapsed;
        var imagesBefore = _position.Images;
        var samples = pass.IsMixed ? MixedSamples.Of(_datasets, _options.Fidelity == Fidelity.Corrected, _options.Seed, _position.Epoch) : _datasets[pass.Datasets[0]].Train;
        foreach (var batch in _source.Training(pass, samples, _trainingView, _position.Epoch, _position.Step, cancellationToken))
        {
            var stepBegan = watch.Elapsed;
            using (batch)
            {
                TrainStep(pass, samples, batch, cancellationToken);
                _instruments.Step(pass.Name, stepBegan - stepEnded, watch.Elapsed - stepBegan, batch.Count);
            }

            stepEnded = watch.Elapsed;
            if (_checkpoints?.IsDue(_position.TotalSteps) == true && _position.Step < steps) _checkpoints.SaveLast(_position);
            if (_options.LogInterval is { } every && _position.Step % every == 0)
                _reporter.Message(FormattableString.Invariant($"epoch {_position.Epoch + 1}/{_options.Epochs}  {pass.Name} step {_position.Step}/{steps}: task loss {_position.LossSums[0] / _position.Images:F4}, consistency {_position.LossSums[1] / _position.Images:F4}"));
            if (_reporter.IsDue)
            {
                _reporter.Report(TrainingPhase.Training, _position.Epoch + 1, pass.Name, _position.Step, steps, _position.TotalSteps, _position.LossSums[0] / _position.Images, _position.LossSums[1] / _position.Images,
                    _accrual.Optimizer.LearningRate, (_position.Images - imagesBefore) / watch.Elapsed.TotalSeconds);
            }

            cancellationToken.ThrowIfCancellationRequested();
        }

        // The teacher of epoch mode moves first, so that the record has the momentum of this pass. Who hears of it may throw: until the position is the next pass's, nothing must be saved.
        _isBetweenSteps = false;
        _accrual.EndPass();
        RecordPass(pass.Name, (_position.Images - imagesBefore) / watch.Elapsed.TotalSeconds);
        (_position.Pass, _position.Step, _position.Images, _position.LossSums) = (_position.Pass + 1, 0, 0, new double[3]);
        _isBetweenSteps = true;
    }

    private void TrainStep(DatasetPass pass, IReadOnlyList<ImageSample> samples, Batch batch, CancellationToken cancellationToken)
    {
        using var scope = NewDisposeScope();
        _isBetweenSteps = false;
        _accrual.Student.DropPathStream = new RandomStream(_options.Seed, DropPathStream, (ulong)_position.TotalSteps);
        _accrual.Teacher.DropPathStream = new RandomStream(_options.Seed, TeacherDropPathStream, (ulong)_position.TotalSteps);
        var parts = new StepBatch(batch, pass, _labels, _accrual, _options.GradientAccumulationSteps, _device);
        try
        {
            var losses = _accrual.Step(parts.Parts, parts.Part, cancellationToken);
            for (var i = 0; i < losses.Length; i++) _position.LossSums[i] += losses[i] * batch.Count;
        }
        catch (OperationCanceledException)
        {
            // The step was given up before it changed anything.
            _isBetweenSteps = true;
            throw;
        }
        catch (ExplodedException e)
        {
            Explode(e, pass, [.. batch.Indices.Select(i => samples[i].Image.Name)]);
        }

        // Batches all of whose images were left out have a number too.
        _position.Step = batch.Number + 1;
        _position.TotalSteps++;
        _position.Images += batch.Count;
        _isBetweenSteps = true;
    }

    private void Explode(ExplodedException cause, DatasetPass pass, string[] images)
    {
        var where = FormattableString.Invariant($"epoch {_position.Epoch + 1}, {pass.Name}, step {_position.Step + 1}");
        var kept = "";
        if (_checkpoints is not null)
        {
            var saved = _accrual.IsFinite();
            if (saved) _checkpoints.SaveLast(_position);
            _directory!.WriteFailure(new JsonObject
            {
                ["epoch"] = _position.Epoch + 1,
                ["pass"] = pass.Name,
                ["step"] = _position.Step + 1,
                ["problem"] = cause.Message,
                ["images"] = new JsonArray([.. images.Select(i => (JsonNode)i)]),
            });
            kept = (saved ? $" The state before this step is in {_directory.LastCheckpoint}" : $" The weights are not finite any more; the last state before is in {_directory.LastCheckpoint}")
                + $", all images in {_directory.FailurePath}.";
        }

        const int shown = 16;
        var named = string.Join(", ", images.Take(shown)) + (images.Length > shown ? $" and {images.Length - shown} more" : "");
        throw new TrainingStoppedException($"{where}: the loss has exploded ({cause.Message}). Look at the images of the batch: "
            + $"{named}.{kept} A run goes on as it began: for a lower 'LearningRate' or 'ClipGradient' begin a new one, with the last "
            + $"state as 'InitialWeights', to keep what was learnt.", cause);
    }

    private double ValidationLoss(int dataset, CancellationToken cancellationToken) =>
        Read(_accrual.Student, dataset, DatasetSplit.Validation, TrainingPhase.Validating, cancellationToken).Loss;

    private (double Loss, Predictions Predictions) Read(ArkModel network, int dataset, DatasetSplit split, TrainingPhase phase, CancellationToken cancellationToken)
    {
        var data = _datasets[dataset];
        using var activity = ArkInstruments.Begin(phase == TrainingPhase.Validating ? "ark.validate" : "ark.test", data.Name, _position.Epoch + 1);
        var view = split == DatasetSplit.Test ? _testView : _evaluationView;
        var steps = _source.BatchCount(data[split].Count, view);
        var step = 0;
        var head = _accrual.HeadOf(dataset);
        if (network.training) network.eval();
        return SplitReader.Read(views => network.forward(views, head.Head).Logits, data.Labels, _source.InOrder(data.Name, data[split], view, cancellationToken), _accrual.IsExclusive(dataset), _device, images =>
        {
            step++;
            _instruments.Read(data.Name, phase, images);
            if (_reporter.IsDue) _reporter.Report(phase, Math.Min(_position.Epoch + 1, _options.Epochs), data.Name, step, steps, _position.TotalSteps);
        }, head.Columns);
    }

    private List<DatasetEvaluation> TestAll(CancellationToken cancellationToken)
    {
        var evaluations = new List<DatasetEvaluation>();
        for (var d = 0; d < _datasets.Count; d++)
        {
            foreach (var role in (ModelRole[])[ModelRole.Student, ModelRole.Teacher])
            {
                var predictions = Read(role == ModelRole.Student ? _accrual.Student : _accrual.Teacher, d, DatasetSplit.Test, TrainingPhase.Testing, cancellationToken).Predictions;
                evaluations.Add(predictions.Evaluate(_datasets[d].Name, DatasetSplit.Test, role, _datasets[d].TestLabels, cancellationToken: cancellationToken));
                _instruments.Evaluated(evaluations[^1]);
            }
        }

        return evaluations;
    }

    private List<DatasetEvaluation> FitBaselines(CancellationToken cancellationToken)
    {
        var baselines = new List<DatasetEvaluation>();
        foreach (var data in _datasets)
        {
            _reporter.Report(TrainingPhase.Baseline, _options.Epochs, data.Name, baselines.Count, _datasets.Count, _position.TotalSteps);
            baselines.Add(PixelBaseline.Evaluate(data, _source, _options.Normalization, cancellationToken));
        }

        return baselines;
    }

    private bool IsBest(double[] losses)
    {
        var chosen = Enumerable.Range(0, _datasets.Count).FirstOrDefault(d => _datasets[d].Name == _options.SelectionDataset, -1);
        var loss = chosen < 0 ? losses.Average() : losses[chosen];
        if (loss >= _position.BestValidationLoss) return false;
        _position.BestValidationLoss = loss;
        return true;
    }

    private void RecordPass(string dataset, double imagesPerSecond)
    {
        var images = Math.Max(1, _position.Images);
        var (task, consistency) = (_position.LossSums[0] / images, _position.LossSums[1] / images);
        _reporter.Message(FormattableString.Invariant($"epoch {_position.Epoch + 1}/{_options.Epochs}  {dataset}: task loss {task:F4}, consistency {consistency:F4}, {imagesPerSecond:F0} images/s"));
        _instruments.Pass(dataset, task, consistency);
        _directory?.AppendMetrics(new JsonObject
        {
            ["event"] = "pass",
            ["epoch"] = _position.Epoch + 1,
            ["dataset"] = dataset,
            ["images"] = _position.Images,
            ["task_loss"] = Json.Number(task),
            ["consistency_loss"] = Json.Number(consistency),
            ["total_loss"] = Json.Number(_position.LossSums[2] / images),
            ["lr"] = _accrual.Optimizer.LearningRate,
            ["momentum"] = _accrual.LastMomentum,
            ["consistency_weight"] = _accrual.LastConsistencyWeight,
            ["images_per_second"] = Math.Round(imagesPerSecond, 1),
        });
    }

    private void RecordEpoch(int epoch, double[] losses)
    {
        _reporter.Message($"epoch {epoch}/{_options.Epochs}  validation loss: {string.Join(", ", _datasets.Select((d, i) => FormattableString.Invariant($"{d.Name} {losses[i]:F4}")))}");
        foreach (var (data, loss) in _datasets.Zip(losses))
            _directory?.AppendMetrics(new JsonObject { ["event"] = "validation", ["epoch"] = epoch, ["dataset"] = data.Name, ["loss"] = Json.Number(loss) });
        foreach (var evaluation in _evaluations)
            _directory?.AppendMetrics(Json.Evaluation(evaluation, epoch));
        _directory?.WriteReport();
    }
}
