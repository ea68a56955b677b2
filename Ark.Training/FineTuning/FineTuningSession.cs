using System.Globalization;
using Ark.Data;
using Ark.Models;
using static TorchSharp.torch;

namespace Ark.Training;

/// <summary>One trial while it runs. Lives on one thread.</summary>
internal sealed class FineTuningSession : IDisposable
{
    // Streams of randomness are named by what they are for.
    private const ulong DropPathStream = 1;
    private const ulong MixUpStream = 2;

    private readonly PreparedDataset _data;
    private readonly FineTuningOptions _options;
    private readonly int _trial;
    private readonly ulong _seed;
    private readonly ProgressReporter _reporter;
    private readonly BatchSource _source;
    private readonly BatchSource _testSource;
    private readonly Device _device;
    private readonly ArkModel _model;
    private readonly StudentOptimizer _optimizer;
    private readonly LearningRateSchedule _schedule;
    private readonly IImageTransform _trainingView;
    private readonly int _size;
    private Dictionary<string, Tensor> _best = [];
    private long _steps;

    public FineTuningSession(ArkModelConfiguration configuration, PreparedDataset data, FineTuningOptions options, int trial, IImageDecoder decoder, ProgressReporter reporter)
    {
        _data = data;
        _options = options;
        _trial = trial;
        _seed = options.Seed + (ulong)trial;
        _reporter = reporter;
        _device = ComputeDevice.Of(options.Device);
        _size = configuration.Backbone.ImageHeight;
        _source = new BatchSource(decoder, options.BatchSize, options.Workers, options.BadImages, _seed);
        _testSource = new BatchSource(decoder, options.BatchSize, options.Workers, options.BadImages);
        _schedule = options.CreateSchedule();
        _trainingView = new TrainingTransform(_size, _size, AugmentationRecipe.Ark, Transforms.Named(options.Normalization)) { SmallestCrop = options.SmallestCrop };
        using var unfinished = new Unfinished();
        _model = unfinished.Keep(FineTuningModels.Build(configuration, options, _seed));
        _optimizer = new StudentOptimizer(_model, options.CreateOptimizerSettings() with
        {
            RateScale = options.LayerDecay < 1 ? new LayerRates(configuration.Backbone, options.LayerDecay).Of : null,
        }, _schedule.Initial);
        unfinished.Finish();
    }

    public IEnumerable<string> SkippedImages => _source.SkippedImages.Concat(_testSource.SkippedImages);

    // Over all trials; one that stopped early counts as if it had gone on.
    private long StepsDone => ((long)_trial * _options.Epochs * BatchSource.BatchCount(_data.Train.Count, _options.BatchSize)) + _steps;

    private bool IsExclusive => _data.Labels.Task == LabelTask.MultiClass;

    /// <summary>Trains, tests the best epoch's weights, and keeps them where a folder is given.</summary>
    public FineTuningTrial Run(FineTuningFolder? folder, CancellationToken cancellationToken)
    {
        var (best, bestEpoch, epoch) = (double.PositiveInfinity, 0, 0);
        while (epoch < _options.Epochs)
        {
            _optimizer.LearningRate = _schedule.At(epoch);
            var loss = TrainEpoch(epoch, cancellationToken);
            var validation = Read(DatasetSplit.Validation, TrainingPhase.Validating, cancellationToken).Loss;
            epoch++;
            _reporter.Message(string.Create(CultureInfo.InvariantCulture, $"trial {_trial + 1}/{_options.Trials}  epoch {epoch}/{_options.Epochs}: loss {loss:F4}, validation {validation:F4}"));
            if (validation < best)
            {
                (best, bestEpoch) = (validation, epoch);
                Remember();
            }
            else if (_options.Patience > 0 && epoch - bestEpoch >= _options.Patience)
            {
                _reporter.Message($"trial {_trial + 1}/{_options.Trials}  stopped: no lower validation loss for {_options.Patience} epochs");
                break;
            }
        }

        if (bestEpoch == 0)
        {
            throw new TrainingStoppedException($"{_data.Name}, trial {_trial + 1}: the validation loss is not finite: training diverged. "
                + "Lower the learning rate ('LearningRate'), or clip gradients ('ClipGradient').");
        }
        Restore();
        var predictions = Read(DatasetSplit.Test, TrainingPhase.Testing, cancellationToken).Predictions;
        var test = predictions.Evaluate(_data.Name, DatasetSplit.Test, ModelRole.Student, _data.TestLabels, cancellationToken: cancellationToken);
        var path = folder?.WeightsOf(_trial);
        if (path is not null) folder!.Writing(() => FineTuningModels.Save(path, _model));
        return new FineTuningTrial(_seed, epoch, bestEpoch, best, test, path);
    }

    public void Dispose()
    {
        foreach (var tensor in _best.Values) tensor.Dispose();
        _optimizer.Dispose();
        _model.Dispose();
    }

    private double TrainEpoch(int epoch, CancellationToken cancellationToken)
    {
        // A frozen encoder is a fixed function: no stochastic depth.
        if (_options.FreezeEncoder) _model.eval();
        else _model.train();
        var steps = BatchSource.BatchCount(_data.Train.Count, _options.BatchSize);
        var (sum, images, step) = (0.0, 0, 0);
        foreach (var batch in _source.Training(new DatasetPass(_data.Name, [0], _data.Train.Count), _data.Train, _trainingView, epoch, 0, cancellationToken))
        {
            using (batch)
            {
                sum += Step(batch, cancellationToken) * batch.Count;
                images += batch.Count;
            }

            step++;
            _steps++;
            if (_reporter.IsDue) _reporter.Report(TrainingPhase.Training, epoch + 1, _data.Name, step, steps, StepsDone, sum / images, learningRate: _optimizer.LearningRate);

            cancellationToken.ThrowIfCancellationRequested();
        }

        return sum / Math.Max(1, images);
    }

    private double Step(Batch batch, CancellationToken cancellationToken)
    {
        using var scope = NewDisposeScope();
        _model.DropPathStream = new RandomStream(_seed, DropPathStream, (ulong)_steps);
        var (views, targets, anyMissing) = BatchSource.ToTensors(batch, _device);
        var images = views.select(1, 0).contiguous();
        if (_options.MixUp > 0) (images, targets) = MixUp.Blend(images, targets, _options.MixUp, new RandomStream(_seed, MixUpStream, (ulong)_steps));
        _optimizer.ClearGradients(fillWithZeros: false);
        var loss = TaskLoss.Compute(_model.forward(images, 0).Logits, targets, IsExclusive, anyMissing);
        cancellationToken.ThrowIfCancellationRequested();
        loss.backward();
        cancellationToken.ThrowIfCancellationRequested();
        if (_options.ClipGradient is { } norm) nn.utils.clip_grad_norm_(_model.parameters().Where(p => p.requires_grad), norm);
        _optimizer.Step();
        return loss.Number();
    }

    private (double Loss, Predictions Predictions) Read(DatasetSplit split, TrainingPhase phase, CancellationToken cancellationToken)
    {
        var test = split == DatasetSplit.Test && _options.TestTimeCrops == 10;
        var transform = test ? Transforms.TenCrop(_options.Normalization, _size) : Transforms.Evaluation(_options.Normalization, _size);
        var read = new List<int>();
        _model.eval();
        var result = SplitReader.Read(views => _model.forward(views, 0).Logits, _data.Labels, (test ? _testSource : _source).InOrder(_data.Name, _data[split], transform, cancellationToken), IsExclusive, _device,
            _ =>
            {
                if (_reporter.IsDue) _reporter.Report(phase, 0, _data.Name, read.Count, _data[split].Count, StepsDone);
            }, read: read);
        return (result.Loss, result.Predictions.Named([.. read.Select(i => _data[split][i].Image.Name)], [.. read.Select(i => _data[split][i].PatientId)]));
    }

    private void Remember()
    {
        using var off = no_grad();
        foreach (var (name, tensor) in _model.state_dict())
        {
            if (_best.TryGetValue(name, out var kept)) kept.copy_(tensor);
            else _best[name] = tensor.detach().clone();
        }
    }

    private void Restore()
    {
        using var off = no_grad();
        foreach (var (name, tensor) in _model.state_dict()) tensor.copy_(_best[name]);
    }
}
