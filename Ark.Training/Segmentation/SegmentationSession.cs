using System.Diagnostics;
using System.Text.Json.Nodes;
using Ark.Data;
using Ark.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace Ark.Training;

/// <summary>One segmentation training while it runs. Lives on one thread.</summary>
internal sealed class SegmentationSession : IDisposable
{
    private readonly SegmentationOptions _options;
    private readonly PreparedSegmentation _data;
    private readonly SegmentationDescription _description;
    private readonly RunDirectory _directory;
    private readonly IImageDecoder _decoder;
    private readonly ProgressReporter _reporter;
    private readonly Device _device;
    private readonly UperNet _network;
    private readonly StudentOptimizer _optimizer;
    private readonly LearningRateSchedule _schedule;
    private readonly SegmentationLoader _training;
    private readonly SegmentationLoader _validation;
    private readonly SegmentationPosition _position;
    private long _stepsAtSave;
    private bool _isBetweenSteps = true;

    public SegmentationSession(SegmentationOptions options, PreparedSegmentation data, SegmentationDescription description, RunDirectory directory, bool resume, IImageDecoder decoder, ProgressReporter reporter)
    {
        (_options, _data, _description, _directory, _decoder, _reporter) = (options, data, description, directory, decoder, reporter);
        _device = ComputeDevice.Of(options.Device);
        using var unfinished = new Unfinished();
        using (var generator = new Generator(options.Seed)) _network = unfinished.Keep(new UperNet(description.Network, generator));
        var goesOn = resume && File.Exists(directory.LastCheckpoint);
        if (!goesOn && options.InitialWeights is { } path) reporter.Message($"backbone from {path}: {_network.Backbone.load_checkpoint(path, strict: false, nestedKey: options.NestedKey)}");
        _network.to(_device);
        if (options.Precision == TrainingPrecision.Bf16) _network.Backbone.Precision = ScalarType.BFloat16;
        _schedule = options.CreateSchedule();
        _optimizer = unfinished.Keep(new StudentOptimizer(_network, options.CreateOptimizerSettings(), _schedule.Initial));
        var transform = description.Transform(options.VaryQuality);
        _training = new SegmentationLoader(data.Train, transform, decoder, options.BatchSize, options.Workers, options.Seed);
        _validation = new SegmentationLoader(data.Validation, transform, decoder, options.BatchSize, options.Workers, options.Seed);
        _position = goesOn ? SegmentationCheckpoint.Load(directory.LastCheckpoint, _network, _optimizer) : new SegmentationPosition();
        _stepsAtSave = _position.TotalSteps;
        if (resume && !goesOn) reporter.Message("the run was stopped before its first checkpoint, so it begins anew.", warning: true);
        if (resume) directory.TruncateMetrics(_position.MetricsLength);
        unfinished.Finish();
    }

    /// <summary>Trains to the end and tests. Cancelled, or stopped by its input, a run leaves the state of its last step.</summary>
    public SegmentationResult Run(CancellationToken cancellationToken)
    {
        var watch = Stopwatch.StartNew();
        _reporter.Begin(_options.Epochs, (long)_training.TrainingBatchCount * _options.Epochs, _position.TotalSteps);
        try
        {
            // Loading may have taken long.
            cancellationToken.ThrowIfCancellationRequested();
            while (_position.Epoch < _options.Epochs && !IsOutOfPatience) RunEpoch(cancellationToken);
        }
        catch (Exception e) when (_isBetweenSteps && e is (OperationCanceledException or ArkInputException))
        {
            // Whoever stops a run waits, often for seconds only: what is on disk already is not written again.
            if (_position.TotalSteps != _stepsAtSave) SaveLast();
            throw;
        }

        if (_position.BestEpoch == 0)
        {
            throw new TrainingStoppedException($"{_data.Name}: the validation loss is not finite: training diverged. "
                + "Lower the learning rate ('LearningRate'), or clip gradients ('ClipGradient').");
        }
        using var best = LoadedSegmenter.Load(_directory.BestCheckpoint, _options.Device);
        var test = new SegmentationEvaluator(_decoder).Evaluate(best, _data.Name, _data.Structures, DatasetSplit.Test, _data.Test, new ScoringOptions(), stretch: false,
            done =>
            {
                if (_reporter.IsDue) _reporter.Report(TrainingPhase.Testing, _position.Epoch, _data.Name, done, _data.Test.Count, _position.TotalSteps);
            }, cancellationToken);
        var line = test.ToJson();
        line.Insert(0, "event", SegmentationCheckpoint.Kind);
        line.Insert(1, "epoch", _position.BestEpoch);
        _directory.AppendMetrics(line);
        _directory.WriteReport();
        return new SegmentationResult
        {
            Test = test,
            BestEpoch = _position.BestEpoch,
            Epochs = _position.Epoch,
            ValidationLoss = _position.BestLoss,
            Checkpoint = _directory.BestCheckpoint,
            Duration = watch.Elapsed,
        };
    }

    public void Dispose()
    {
        _optimizer.Dispose();
        _network.Dispose();
    }

    private bool IsOutOfPatience => _options.Patience > 0 && _position.Epoch - _position.BestEpoch >= _options.Patience;

    private void RunEpoch(CancellationToken cancellationToken)
    {
        Train(cancellationToken);
        // Validation draws no random numbers and changes no state, so a run that is stopped here repeats it.
        var (loss, dice) = Validate(cancellationToken);
        var epoch = _position.Epoch + 1;
        _reporter.Message(FormattableString.Invariant($"epoch {epoch}/{_options.Epochs}  {_data.Name}: loss {_position.LossSum / Math.Max(1, _position.Images):F4}, validation {loss:F4}, Dice {string.Join(", ", _data.Structures.Zip(dice, (s, d) => FormattableString.Invariant($"{s} {d:F3}")))}"));
        _directory.AppendMetrics(new JsonObject
        {
            ["event"] = "validation",
            ["epoch"] = epoch,
            ["dataset"] = _data.Name,
            ["loss"] = Json.Number(loss),
            ["dice"] = new JsonObject(_data.Structures.Zip(dice, (s, d) => KeyValuePair.Create(s, Json.Number(d)))),
        });
        _directory.WriteReport();
        (_position.Epoch, _position.Step, _position.Images, _position.LossSum) = (epoch, 0, 0, 0);
        if (loss < _position.BestLoss)
        {
            (_position.BestLoss, _position.BestEpoch) = (loss, epoch);
            Save(_directory.BestCheckpoint);
        }

        SaveLast();
        if (IsOutOfPatience) _reporter.Message($"stopped: no lower validation loss for {_options.Patience} epochs");
    }

    private void Train(CancellationToken cancellationToken)
    {
        var steps = _training.TrainingBatchCount;
        if (_position.Step >= steps) return;
        var watch = Stopwatch.StartNew();
        var before = _position.Images;
        _network.train();
        foreach (var batch in _training.ReadForTraining(_position.Epoch, _position.Step, _options.Augment, cancellationToken))
        {
            Step(batch, steps, cancellationToken);
            if (_reporter.IsDue)
            {
                _reporter.Report(TrainingPhase.Training, _position.Epoch + 1, _data.Name, _position.Step, steps, _position.TotalSteps, _position.LossSum / _position.Images,
                    learningRate: _optimizer.LearningRate, imagesPerSecond: (_position.Images - before) / watch.Elapsed.TotalSeconds);
            }

            // After the last step the pass is recorded first; validation sees the cancellation.
            if (_position.Step < steps) cancellationToken.ThrowIfCancellationRequested();
        }

        _directory.AppendMetrics(new JsonObject
        {
            ["event"] = "pass",
            ["epoch"] = _position.Epoch + 1,
            ["dataset"] = _data.Name,
            ["images"] = _position.Images,
            ["task_loss"] = Json.Number(_position.LossSum / Math.Max(1, _position.Images)),
            ["lr"] = _optimizer.LearningRate,
            ["images_per_second"] = Math.Round((_position.Images - before) / watch.Elapsed.TotalSeconds, 1),
        });
    }

    private void Step(SegmentationBatch batch, int steps, CancellationToken cancellationToken)
    {
        using var scope = NewDisposeScope();
        _network.SeedDrops(_options.Seed, (ulong)_position.TotalSteps);
        // The published code holds the rate through an epoch, of which the first then learns nothing.
        _optimizer.LearningRate = _schedule.At(_position.Epoch + ((double)(_position.Step + 1) / steps));
        var (images, targets) = ToTensors(batch);
        _optimizer.ClearGradients(fillWithZeros: false);
        cancellationToken.ThrowIfCancellationRequested();
        // From here on the step must be finished: a forward pass moves the running statistics of batch normalization.
        _isBetweenSteps = false;
        var loss = LossOf(_network.forward(images), targets);
        loss.backward();
        var value = loss.Number();
        if (!double.IsFinite(value))
        {
            throw new TrainingStoppedException(
                $"epoch {_position.Epoch + 1}, {_data.Name}, step {_position.Step + 1}: the loss is {value}. Lower the learning rate "
                + $"('LearningRate'), or clip gradients ('ClipGradient'). The state before is in {_directory.LastCheckpoint}.");
        }

        if (_options.ClipGradient is { } norm) _optimizer.ClipGradient(_optimizer.GradientNorm(), norm);
        _optimizer.Step();
        _position.LossSum += value * batch.Count;
        _position.Images += batch.Count;
        _position.Step++;
        _position.TotalSteps++;
        _isBetweenSteps = true;
    }

    // The loss over the split, and the Dice of each structure at the network's own resolution.
    private (double Loss, double[] Dice) Validate(CancellationToken cancellationToken)
    {
        _network.eval();
        using var off = no_grad();
        var (sum, images) = (0.0, 0);
        var (overlaps, totals) = (new double[_data.Structures.Count], new double[_data.Structures.Count]);
        foreach (var batch in _validation.ReadInOrder(cancellationToken))
        {
            using var scope = NewDisposeScope();
            var (input, target) = ToTensors(batch);
            var logits = _network.forward(input);
            sum += LossOf(logits, target).Number() * batch.Count;
            images += batch.Count;
            var found = logits.gt(KeptScalar.Zero).to(ScalarType.Float32);
            var (both, all) = (found.mul(target).sum([0, 2, 3]).cpu().data<float>().ToArray(), found.Plus(target).sum([0, 2, 3]).cpu().data<float>().ToArray());
            for (var k = 0; k < both.Length; k++) (overlaps[k], totals[k]) = (overlaps[k] + both[k], totals[k] + all[k]);
            if (_reporter.IsDue) _reporter.Report(TrainingPhase.Validating, _position.Epoch + 1, _data.Name, images, _data.Validation.Count, _position.TotalSteps);
        }

        return (sum / images, [.. overlaps.Zip(totals, (o, t) => t == 0 ? 1 : 2 * o / t)]);
    }

    private Tensor LossOf(Tensor logits, Tensor targets)
    {
        if (_options.Loss == SegmentationLoss.DiceCrossEntropy) return SoftDice.WithCrossEntropy(logits, targets);
        using var probabilities = logits.sigmoid();
        return SoftDice.Loss(probabilities, targets);
    }

    private (Tensor Images, Tensor Targets) ToTensors(SegmentationBatch batch)
    {
        var (height, width) = (_description.Size.Height, _description.Size.Width);
        return (tensor(batch.Images, [batch.Count, 3, height, width]).to(_device), tensor(batch.Targets, [batch.Count, _data.Structures.Count, height, width]).to(_device));
    }

    private void SaveLast()
    {
        Save(_directory.LastCheckpoint);
        _stepsAtSave = _position.TotalSteps;
    }

    private void Save(string path) => _directory.Writing(() =>
    {
        _directory.FlushMetrics();
        _position.MetricsLength = _directory.MetricsLength;
        SegmentationCheckpoint.Save(path, _network, _optimizer, _description, _options, _data, _position);
    });
}
