using System.Diagnostics;
using System.Text.Json.Nodes;
using Ark.Data;
using Ark.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace Ark.Training;

/// <summary>One run while it runs: the networks, the position, and the loop over epochs, datasets and steps. Lives on one thread.</summary>
internal sealed class TrainingSession : IDisposable
{
    // Streams of randomness are named by what they are for, so that a new use never shifts an old one.
    private const ulong DropPathStream = 1;

    private readonly TrainingOptions _options;
    private readonly IReadOnlyList<PreparedDataset> _datasets;
    private readonly BatchSource _source;
    private readonly IImageTransform _trainingView;
    private readonly IImageTransform _evaluationView;
    private readonly RunDirectory? _directory;
    private readonly ProgressReporter _reporter;
    private readonly ArkInstruments _instruments;
    private readonly Device _device;
    private readonly KnowledgeAccrual _accrual;
    private readonly List<MemoryReading> _memory = [];
    private readonly TrainingPosition _position;
    private List<DatasetEvaluation> _evaluations = [];

    public TrainingSession(TrainingOptions options, IReadOnlyList<PreparedDataset> datasets, BatchSource source, RunDirectory? directory, bool resume, ProgressReporter reporter, ArkInstruments? instruments = null)
    {
        _options = options;
        _datasets = datasets;
        _source = source;
        _directory = directory;
        _reporter = reporter;
        _instruments = instruments ?? new ArkInstruments();
        _device = device(options.Device);
        Description = TrainingModels.Describe(options, datasets);
        _trainingView = Transforms.Training(options, Description.ImageSize);
        _evaluationView = Transforms.Evaluation(options.Normalization, Description.ImageSize);
        var (student, teacher) = TrainingModels.Create(options, Description);
        _accrual = new KnowledgeAccrual(student.to(_device), teacher.to(_device), [.. datasets.Select(d => d.Labels.Task)], AccrualSettingsOf(options, datasets));
        _position = resume ? Resume(directory!) : new TrainingPosition();
        if (options.TensorBoard) directory?.WriteEvents();
    }

    public ModelDescription Description { get; }

    private int StepsOf(int dataset) => BatchSource.BatchCount(_datasets[dataset].Train.Count, _options.BatchSize);

    /// <summary>Trains to the end, or until cancelled; then a checkpoint of the last step is left.</summary>
    public TrainingResult Run(CancellationToken cancellationToken)
    {
        var watch = Stopwatch.StartNew();
        _reporter.Begin(_options.Epochs, Enumerable.Range(0, _datasets.Count).Sum(StepsOf) * (long)_options.Epochs, _position.TotalSteps);
        try
        {
            while (_position.Epoch < _options.Epochs) RunEpoch(cancellationToken);
        }
        catch (OperationCanceledException)
        {
            SaveLast();
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
        StepsPerPass = [.. datasets.Select(d => BatchSource.BatchCount(d.Train.Count, options.BatchSize))],
        TeacherMomentum = options.TeacherMomentum,
        Optimizer = new OptimizerSettings { Kind = options.Optimizer, Momentum = options.Momentum, WeightDecay = options.WeightDecay },
        LearningRate = new LearningRateSchedule(options.LearningRate, options.MinimumLearningRate, options.WarmupLearningRate, options.WarmupEpochs, options.ScheduleEpochs ?? options.Epochs),
        ClipGradient = options.ClipGradient,
    }.With(options.Fidelity);

    private TrainingPosition Resume(RunDirectory directory)
    {
        var position = TrainingCheckpoint.Load(directory.LastCheckpoint, _accrual, Description);
        directory.TruncateMetrics(position.MetricsLength);
        return position;
    }

    private void RunEpoch(CancellationToken cancellationToken)
    {
        for (; _position.Dataset < _datasets.Count; _position.Dataset++, SaveLast()) TrainPass(_position.Dataset, cancellationToken);

        // Testing draws no random numbers and changes no state, so a run that is stopped here repeats it and goes on as if nothing had happened.
        var losses = Enumerable.Range(0, _datasets.Count).Select(d => ValidationLoss(d, cancellationToken)).ToArray();
        var epoch = _position.Epoch + 1;
        var tested = epoch % _options.TestEvery == 0 || epoch == _options.Epochs;
        _evaluations = tested ? TestAll(cancellationToken) : [];

        _accrual.EndEpoch(epoch, losses.Average());
        RecordEpoch(epoch, losses);
        var best = IsBest(losses);
        _position.ValidationLosses = losses;
        _position.Epoch = epoch;
        _position.Dataset = 0;
        if (tested) Save(_directory?.EpochCheckpoint(epoch));
        if (best) Save(_directory?.BestCheckpoint);
        SaveLast();
        _memory.Add(MemoryReading.Take(epoch));
    }

    private void TrainPass(int dataset, CancellationToken cancellationToken)
    {
        var data = _datasets[dataset];
        using var activity = ArkInstruments.Begin("ark.pass", data.Name, _position.Epoch + 1);
        var steps = StepsOf(dataset);
        var watch = Stopwatch.StartNew();
        var stepEnded = watch.Elapsed;
        var imagesBefore = _position.Images;
        // Sums stay on the device: reading a loss at every step would make a GPU wait for the host.
        using var sums = tensor(_position.LossSums, ScalarType.Float64, device: _device);
        try
        {
            foreach (var batch in _source.Shuffled(data.Name, data.Train, _trainingView, dataset, _position.Epoch, _position.Step, cancellationToken))
            {
                var stepBegan = watch.Elapsed;
                using (batch)
                {
                    TrainStep(dataset, batch, sums);
                    _instruments.Step(data.Name, stepBegan - stepEnded, watch.Elapsed - stepBegan, batch.Count);
                }

                stepEnded = watch.Elapsed;

                if (_reporter.IsDue)
                {
                    var losses = Values(sums);
                    _reporter.Report(TrainingPhase.Training, _position.Epoch + 1, data.Name, _position.Step, steps, _position.TotalSteps, losses[0] / _position.Images, losses[1] / _position.Images,
                        _accrual.Optimizer.LearningRate, (_position.Images - imagesBefore) / watch.Elapsed.TotalSeconds);
                }

                cancellationToken.ThrowIfCancellationRequested();
            }
        }
        finally
        {
            _position.LossSums = Values(sums);
        }

        RecordPass(data.Name, (_position.Images - imagesBefore) / watch.Elapsed.TotalSeconds);
        _accrual.EndPass();
        (_position.Step, _position.Images, _position.LossSums) = (0, 0, new double[3]);
    }

    private static double[] Values(Tensor sums)
    {
        using var onHost = sums.cpu();
        return onHost.data<double>().ToArray();
    }

    private void TrainStep(int dataset, Batch batch, Tensor sums)
    {
        using var scope = NewDisposeScope();
        _accrual.Student.DropPathStream = new RandomStream(_options.Seed, DropPathStream, (ulong)_position.TotalSteps);
        var (views, targets, anyMissing) = BatchSource.ToTensors(batch, _device);
        var losses = _accrual.Step(dataset, views.select(1, 0), views.select(1, 1), targets, anyMissing);
        sums.PlusInPlace(losses.to(ScalarType.Float64), batch.Count);
        _position.Step++;
        _position.TotalSteps++;
        _position.Images += batch.Count;
    }

    private double ValidationLoss(int dataset, CancellationToken cancellationToken) =>
        Read(_accrual.Student, dataset, DatasetSplit.Validation, TrainingPhase.Validating, cancellationToken).Loss;

    private (double Loss, Predictions Predictions) Read(ArkModel network, int dataset, DatasetSplit split, TrainingPhase phase, CancellationToken cancellationToken)
    {
        var data = _datasets[dataset];
        using var activity = ArkInstruments.Begin(phase == TrainingPhase.Validating ? "ark.validate" : "ark.test", data.Name, _position.Epoch + 1);
        var steps = BatchSource.BatchCount(data[split].Count, _options.BatchSize);
        var step = 0;
        return SplitReader.Read(network, dataset, data.Labels, _source.InOrder(data.Name, data[split], _evaluationView, cancellationToken), _accrual.IsExclusive(dataset), _device, images =>
        {
            step++;
            _instruments.Read(data.Name, phase, images);
            if (_reporter.IsDue) _reporter.Report(phase, Math.Min(_position.Epoch + 1, _options.Epochs), data.Name, step, steps, _position.TotalSteps);
        });
    }

    private List<DatasetEvaluation> TestAll(CancellationToken cancellationToken)
    {
        var evaluations = new List<DatasetEvaluation>();
        for (var d = 0; d < _datasets.Count; d++)
        {
            foreach (var role in (ModelRole[])[ModelRole.Student, ModelRole.Teacher])
            {
                var predictions = Read(role == ModelRole.Student ? _accrual.Student : _accrual.Teacher, d, DatasetSplit.Test, TrainingPhase.Testing, cancellationToken).Predictions;
                evaluations.Add(predictions.Evaluate(_datasets[d].Name, DatasetSplit.Test, role, _datasets[d].TestLabels));
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
        var chosen = Enumerable.Range(0, _datasets.Count).FirstOrDefault(d => _datasets[d].Name == _options.ValidationLossMetric, -1);
        var loss = chosen < 0 ? losses.Average() : losses[chosen];
        if (loss >= _position.BestValidationLoss) return false;
        _position.BestValidationLoss = loss;
        return true;
    }

    private void SaveLast() => Save(_directory?.LastCheckpoint);

    private void Save(string? path)
    {
        if (path is null) return;
        _position.MetricsLength = _directory!.MetricsLength;
        TrainingCheckpoint.Save(path, _accrual, Description, _options, _position);
    }

    private void RecordPass(string dataset, double imagesPerSecond)
    {
        var images = Math.Max(1, _position.Images);
        var (task, consistency) = (_position.LossSums[0] / images, _position.LossSums[1] / images);
        _reporter.Message($"epoch {_position.Epoch + 1}/{_options.Epochs}  {dataset}: task loss {task:F4}, consistency {consistency:F4}, {imagesPerSecond:F0} images/s");
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
        _reporter.Message($"epoch {epoch}/{_options.Epochs}  validation loss: {string.Join(", ", _datasets.Select((d, i) => $"{d.Name} {losses[i]:F4}"))}");
        foreach (var (data, loss) in _datasets.Zip(losses))
            _directory?.AppendMetrics(new JsonObject { ["event"] = "validation", ["epoch"] = epoch, ["dataset"] = data.Name, ["loss"] = Json.Number(loss) });
        foreach (var evaluation in _evaluations)
            _directory?.AppendMetrics(Json.Evaluation(evaluation, epoch));
        _directory?.WriteReport();
    }
}
