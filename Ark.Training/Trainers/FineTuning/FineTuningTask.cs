using System.Text.Json.Nodes;
using Ark.Data;
using Ark.Evaluation;
using Ark.Inference;
using Ark.Models;
using static TorchSharp.torch;

namespace Ark.Training;

/// <summary>One trial of a fine-tuning: a backbone and a new head on one dataset.</summary>
internal sealed class FineTuningTask : ITrainingTask
{
    /// <summary>What a trial's checkpoints and configuration say that they are of.</summary>
    public const string Kind = "fine-tuning-trial";

    private readonly PreparedDataset _data;
    private readonly FineTuningOptions _options;
    private readonly ulong _seed;
    private readonly ProgressReporter _reporter;
    private readonly BatchSource _source;
    private readonly BatchSource _testSource;
    private readonly Device _device;
    private readonly ArkModel _model;
    private readonly FusedBlocks? _blocks;
    private readonly LearningRateSchedule _schedule;
    private readonly IImageTransform _trainingView;
    private readonly ArkInstruments _instruments;
    private readonly int _size;

    /// <summary>Builds the network.</summary>
    /// <param name="configuration">Its shape.</param>
    /// <param name="data">The dataset.</param>
    /// <param name="options">How it is fine-tuned.</param>
    /// <param name="trial">Which trial, from 0.</param>
    /// <param name="decoder">Decodes images.</param>
    /// <param name="cache">Keeps decoded images; <see langword="null"/> for none.</param>
    /// <param name="reporter">Is told what happens.</param>
    /// <param name="instruments">Measures it.</param>
    /// <exception cref="ArkInputException">The initial weights do not fit.</exception>
    public FineTuningTask(
        ArkModelConfiguration configuration, PreparedDataset data, FineTuningOptions options, int trial, IImageDecoder decoder,
        ImageCache? cache, ProgressReporter reporter,
        ArkInstruments? instruments = null)
    {
        _data = data;
        _options = options;
        _seed = options.Seed + (ulong)trial;
        _reporter = reporter;
        _instruments = instruments ?? new ArkInstruments();
        Prefix = $"trial {trial + 1}/{options.Trials}  ";
        _device = ComputeDevice.Of(options.Device);
        _size = configuration.Backbone.ImageHeight;
        void Skipped(string image) => reporter.Message($"{Prefix}left out {image}", warning: true);
        _source = new BatchSource(decoder, options.BatchSize, options.Workers, options.BadImages, _seed, cache, Skipped);
        _testSource = new BatchSource(decoder, options.BatchSize, options.Workers, options.BadImages, onSkipped: Skipped);
        _schedule = options.CreateSchedule();
        _trainingView = new TrainingTransform(_size, _size, AugmentationRecipe.Ark, options.Normalization)
        {
            MinCropScale = options.MinCropScale,
        };
        using var unfinished = new Unfinished();
        _model = unfinished.Keep(FineTuningModels.Build(configuration, options, _seed, out var remark));
        // Of every trial alike.
        if (remark is not null && trial == 0) reporter.Message($"{options.InitialWeights}: {remark}");
        if (options.Precision == TrainingPrecision.Bf16) _model.Precision = ScalarType.BFloat16;
        _blocks = FusedBlocks.Create(_model.Backbone, _model.Precision, get_num_threads());
        if (_blocks is not null) unfinished.Keep(_blocks);
        Optimizer = new StudentOptimizer(_model, options.CreateOptimizerSettings() with
        {
            RateScale = options.LayerDecay < 1 ? new LayerRates(configuration.Backbone, options.LayerDecay).Of : null,
        }, _schedule.Initial);
        unfinished.Finish();
    }

    public string Prefix { get; }

    public StudentOptimizer Optimizer { get; }

    public bool StepsAreAtomic => true;

    public bool IsTestedAtItsBest => true;

    public IReadOnlyList<KeyValuePair<string, nn.Module>> Networks => [KeyValuePair.Create<string, nn.Module>("state_dict", _model)];

    public StateDescription Description => field ??= new StateDescription
    {
        Kind = Kind,
        Format = DescribedCheckpoint.FormatVersion,
        Model = DescriptionCodec.Encode(Model),
        Options = OptionTables.FineTuning.ToCheckpoint(_options),
        RequireSameOptions = (path, stored) => OptionTables.FineTuning.RequireSame(path, stored, _options),
        Data = [KeyValuePair.Create(_data.Name, _data.Digest)],
    };

    /// <summary>Images that could not be read and were left out, each with its reason.</summary>
    public IEnumerable<string> SkippedImages => _source.SkippedImages.Concat(_testSource.SkippedImages);

    private ModelDescription Model => new()
    {
        Architecture = _model.Configuration.Backbone.Name,
        ImageSize = _size,
        UseMlpProjector = false,
        ProjectorFeatures = 0,
        Normalization = _options.Normalization,
        Heads = [new ArkHead(_data.Name, _data.Labels)],
    };

    private bool IsExclusive => _data.Labels.Task == LabelTask.MultiClass;

    public IReadOnlyList<DatasetPass> Passes(int epoch) => [new DatasetPass(_data.Name, [0], _data.Train.Count)];

    public int StepCount(DatasetPass pass) => BatchSource.BatchCount(pass.Images, _options.BatchSize);

    public IEnumerable<TrainingStep> Steps(DatasetPass pass, TrainingPosition position, CancellationToken cancellationToken)
    {
        // A frozen encoder is a fixed function: no stochastic depth.
        if (_options.FreezeEncoder) _model.eval();
        else _model.train();
        Optimizer.LearningRate = _schedule.At(position.Epoch);
        foreach (var batch in _source.Training(_data.Name, 0, _data.Train, _trainingView, position.Epoch, position.Step, cancellationToken))
            yield return new TrainingStep(
                batch.Number,
                batch.Count,
                () => batch.Indices.Select(i => _data.Train[i].Image.Name),
                (at, token) => Step(batch, at, token),
                batch);
    }

    public string DescribeLosses(TrainingPosition position) => FormattableString.Invariant($"loss {position.MeanLoss(0):F4}");

    public void EndPass()
    {
    }

    public JsonObject RecordPass(DatasetPass pass, TrainingPosition position) => new()
    {
        ["event"] = "pass",
        ["epoch"] = position.Epoch + 1,
        ["dataset"] = pass.Name,
        ["images"] = position.Images,
        ["task_loss"] = JsonScalar.Number(position.MeanLoss(0)),
        ["lr"] = Optimizer.LearningRate,
    };

    public EpochOutcome Validate(TrainingPosition position, CancellationToken cancellationToken)
    {
        var loss = Read(DatasetSplit.Validation, position, cancellationToken).Loss;
        return new EpochOutcome([loss], loss, FormattableString.Invariant($"validation loss: {_data.Name} {loss:F4}"),
            [new JsonObject
            {
                ["event"] = "validation",
                ["epoch"] = position.Epoch + 1,
                ["dataset"] = _data.Name,
                ["loss"] = JsonScalar.Number(loss),
            }]);
    }

    public IReadOnlyList<JsonObject> TestEpoch(TrainingPosition position, CancellationToken cancellationToken) => [];

    public void EndEpoch(int epoch, EpochOutcome outcome)
    {
    }

    /// <summary>Tests the network as it is.</summary>
    public DatasetEvaluation Test(TrainingPosition position, CancellationToken cancellationToken)
    {
        var evaluation = Read(DatasetSplit.Test, position, cancellationToken).Predictions
            .Evaluate(_data.Name, DatasetSplit.Test, ModelRole.Student, _data.TestLabels, cancellationToken: cancellationToken);
        _instruments.Evaluated(evaluation);
        return evaluation;
    }

    /// <summary>Writes the network, with all that is needed to use it.</summary>
    public void SaveWeights(string path) => FineTuningModels.Save(path, _model);

    public void RequireSameModel(string path, CheckpointSection model) => DescriptionCodec.RequireSame(path, model, Model);

    public void Store(OrderedDictionary<string, object?> position)
    {
    }

    public TrainingPosition Restore(CheckpointSection stored, TrainingPosition position) => position;

    public void Dispose()
    {
        Optimizer.Dispose();
        _blocks?.Dispose();
        _model.Dispose();
    }

    private double[] Step(Batch batch, TrainingPosition position, CancellationToken cancellationToken)
    {
        using var scope = NewDisposeScope();
        cancellationToken.ThrowIfCancellationRequested();
        _model.DropPathStream = new RandomStream(_seed, RandomStreams.DropPath, (ulong)position.TotalSteps);
        var (views, targets, anyMissing) = BatchSource.ToTensors(batch, _device);
        var images = views.select(1, 0).contiguous();
        if (_options.MixUp > 0)
            (images, targets) = MixUp.Blend(
                images, targets, _options.MixUp, new RandomStream(_seed, RandomStreams.MixUp, (ulong)position.TotalSteps));
        Optimizer.ClearGradients(fillWithZeros: false);
        using var pass = new TrainingPass(_model, images, _blocks, checkpoint: false);
        var loss = TaskLoss.Compute(_model.Logits(_model.FeaturesOf(pass.Tokens), 0), targets, IsExclusive, anyMissing);
        cancellationToken.ThrowIfCancellationRequested();
        pass.Backward(loss);
        cancellationToken.ThrowIfCancellationRequested();
        double[] losses = [loss.Number()];
        Optimizer.Step(losses, _options.ClipGradient);
        return losses;
    }

    private (double Loss, Predictions Predictions) Read(DatasetSplit split, TrainingPosition position, CancellationToken cancellationToken)
    {
        var phase = split == DatasetSplit.Test ? TrainingPhase.Testing : TrainingPhase.Validating;
        var (source, transform) = split == DatasetSplit.Test && _options.TestTimeCrops == 10
            ? (_testSource, Transforms.TenCrop(_options.Normalization, _size))
            : (_source, Transforms.Evaluation(_options.Normalization, _size));
        var read = new List<int>();
        _model.eval();
        var batches = source.InOrder(_data.Name, _data[split], transform, cancellationToken);
        var (loss, predictions) = SplitReader.Read(views => _model.Logits(
            ModelFeatures.Of(_model, views, _blocks), 0), _data.Labels, batches, IsExclusive, _device, images =>
        {
            _instruments.Read(_data.Name, phase, images);
            if (_reporter.IsDue) _reporter.Report(phase, position.Epoch, _data.Name, read.Count, _data[split].Count, position.TotalSteps);
        }, read: read);
        return (
            loss, predictions.Named([.. read.Select(i => _data[split][i].Image.Name)], [.. read.Select(i => _data[split][i].PatientId)]));
    }
}
