using System.Text.Json.Nodes;
using Ark.Data;
using Ark.Evaluation;
using Ark.Inference;
using Ark.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace Ark.Training;

/// <summary>
/// Masked image modeling (Xie et al., "SimMIM", CVPR 2022): of each image a share is hidden, and the network learns to say its pixels. It
/// needs no labels.
/// </summary>
internal sealed class MaskedImageTask : ITrainingTask
{
    private readonly TrainingOptions _options;
    private readonly IReadOnlyList<PreparedDataset> _datasets;
    private readonly BatchSource _source;
    private readonly ProgressReporter _reporter;
    private readonly ArkInstruments _instruments;
    private readonly Device _device;
    private readonly MaskedImageModel _model;
    private readonly FusedBlocks? _blocks;
    private readonly LearningRateSchedule _schedule;
    private readonly IImageTransform _trainingView;
    private readonly IImageTransform _validationView;
    private readonly MaskGrid _grid;

    /// <summary>Builds the network.</summary>
    /// <param name="options">How to train.</param>
    /// <param name="datasets">On what; labels are not used.</param>
    /// <param name="begins">Whether the run has no state of its own, so that initial weights are loaded.</param>
    /// <param name="source">Reads the images.</param>
    /// <param name="reporter">Is told what happens.</param>
    /// <param name="instruments">Measures it.</param>
    /// <exception cref="ArkInputException">
    /// The squares that are hidden do not fit the image, or the initial weights do not fit the network.
    /// </exception>
    public MaskedImageTask(
        TrainingOptions options, IReadOnlyList<PreparedDataset> datasets, bool begins, BatchSource source, ProgressReporter reporter,
        ArkInstruments? instruments = null)
    {
        (_options, _datasets, _source, _reporter) = (options, datasets, source, reporter);
        _instruments = instruments ?? new ArkInstruments();
        _device = ComputeDevice.Of(options.Device);
        Model = new ModelDescription
        {
            Architecture = options.Architecture!,
            ImageSize = options.ImageSize ?? SwinVariants.Get(options.Architecture!).ImageHeight,
            UseMlpProjector = false,
            ProjectorFeatures = 0,
            Normalization = options.Normalization,
            Heads = [],
        };
        var configuration = Model.Configuration(options.DropPathRate) with { IsBackbone = true };
        _grid = MaskGrid.Of(
            options, Model.ImageSize, configuration.Backbone.PatchSize, Reconstruction.StrideOf(configuration.Backbone));
        _trainingView = new TrainingTransform(Model.ImageSize, Model.ImageSize, AugmentationRecipe.SimMim, options.Normalization)
        {
            MinCropScale = options.MinCropScale,
        };
        _validationView = Transforms.Evaluation(options.Normalization, Model.ImageSize);
        using var unfinished = new Unfinished();
        using (var generator = new Generator(options.Seed))
        {
            var encoder = unfinished.Keep(new ArkModel(configuration, generator));
            _model = unfinished.Keep(new MaskedImageModel(encoder, new Reconstruction(configuration.Backbone, generator)));
        }

        if (begins && options.InitialWeights is { } path)
        {
            var report = _model.encoder.load_checkpoint(path, strict: false, nestedKey: options.NestedKey, options: options.Reading);
            if (report.Remark is { } remark) reporter.Message($"{path}: {remark}");
        }

        _model.to(_device);
        if (options.Precision == TrainingPrecision.Bf16) _model.encoder.Precision = ScalarType.BFloat16;
        _blocks = FusedBlocks.Create(_model.encoder.Backbone, _model.encoder.Precision, get_num_threads());
        if (_blocks is not null) unfinished.Keep(_blocks);
        _schedule = options.CreateSchedule();
        Optimizer = unfinished.Keep(new StudentOptimizer(_model, options.CreateOptimizerSettings(), _schedule.Initial));
        unfinished.Finish();
    }

    /// <summary>The backbone that is trained.</summary>
    public ModelDescription Model { get; }

    public string Prefix => "";

    public StudentOptimizer Optimizer { get; }

    public bool StepsAreAtomic => true;

    public bool IsTestedAtItsBest => false;

    // The backbone stands where every reader of weights looks for one; what is beside it is for going on alone.
    public IReadOnlyList<KeyValuePair<string, nn.Module>> Networks =>
        [
            KeyValuePair.Create<string, nn.Module>("state_dict", _model.encoder),
            KeyValuePair.Create<string, nn.Module>("reconstruction", _model.reconstruction)
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
        IReadOnlyList<ImageSample> images = dataset is { } number
            ? _datasets[number].Train
            : [.. MixedSamples.Of(_datasets, evenly: true, _options.Seed, position.Epoch).Select(s => s.Sample)];
        // As the loader names what it draws: a mixed list has an order of its own in each epoch, and a key that no dataset has.
        var key = (ulong?)dataset ?? ulong.MaxValue;
        var (passes, steps) = (Passes(position.Epoch).Count, StepCount(pass));
        foreach (var batch in _source.Training(pass.Name, dataset, images, _trainingView, position.Epoch, position.Step, cancellationToken))
        {
            // Like the published code, within an epoch too.
            var done = (position.Pass + ((double)(batch.Number + 1) / steps)) / passes;
            yield return new TrainingStep(batch.Number, batch.Count, () => batch.Indices.Select(i => images[i].Image.Name), (at, token) =>
            {
                Optimizer.LearningRate = _schedule.At(at.Epoch + done);
                return Step(batch, Hidden(batch, i => new RandomStream(
                    _options.Seed, RandomStreams.Masks, (ulong)at.Epoch, key, (ulong)i)), at, token);
            }, batch);
        }
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
        double[] losses = [.. Enumerable.Range(0, _datasets.Count).Select(d => Validate(d, position, cancellationToken))];
        return EpochOutcome.Of(position.Epoch + 1, [.. _datasets.Select(d => d.Name)], losses, _options.SelectionDataset);
    }

    public IReadOnlyList<JsonObject> TestEpoch(TrainingPosition position, CancellationToken cancellationToken) => [];

    public void EndEpoch(int epoch, EpochOutcome outcome)
    {
    }

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

    private double[] Step(Batch batch, bool[] hidden, TrainingPosition position, CancellationToken cancellationToken)
    {
        using var scope = NewDisposeScope();
        cancellationToken.ThrowIfCancellationRequested();
        if (!_model.training) _model.train();
        _model.encoder.DropPathStream = new RandomStream(_options.Seed, RandomStreams.DropPath, (ulong)position.TotalSteps);
        Optimizer.ClearGradients(fillWithZeros: false);
        var size = (batch.Count + _options.GradientAccumulationSteps - 1) / _options.GradientAccumulationSteps;
        var loss = 0.0;
        for (var first = 0; first < batch.Count; first += size)
        {
            using var each = NewDisposeScope();
            cancellationToken.ThrowIfCancellationRequested();
            var (images, masked) = ToTensors(batch, hidden, first, Math.Min(size, batch.Count - first));
            var (pass, part) = _model.Run(
                images, masked, (long)batch.Count * _grid.HiddenPatches, _blocks, _options.GradientCheckpointing);
            using (pass)
            {
                cancellationToken.ThrowIfCancellationRequested();
                pass.Backward(part);
            }

            loss += part.Number();
        }

        cancellationToken.ThrowIfCancellationRequested();
        double[] losses = [loss];
        Optimizer.Step(losses, _options.ClipGradient);
        return losses;
    }

    // Each image has a mask of its own in every epoch, so that losses can be compared.
    private double Validate(int dataset, TrainingPosition position, CancellationToken cancellationToken)
    {
        var data = _datasets[dataset];
        using var activity = ArkInstruments.Begin("ark.validate", data.Name, position.Epoch + 1);
        using var off = no_grad();
        if (_model.training) _model.eval();
        var (sum, images, step) = (0.0, 0, 0);
        var steps = _source.BatchCount(data.Validation.Count, _validationView);
        foreach (var read in _source.InOrder(data.Name, data.Validation, _validationView, cancellationToken))
        {
            using var batch = read;
            using var scope = NewDisposeScope();
            var hidden = Hidden(batch, i => new RandomStream(
                _options.Seed, RandomStreams.ValidationMasks, (ulong)dataset, (ulong)i));
            var (views, masked) = ToTensors(batch, hidden, 0, batch.Count);
            var (pass, loss) = _model.Run(views, masked, (long)batch.Count * _grid.HiddenPatches, _blocks, checkpoint: true);
            using (pass) sum += loss.Number() * batch.Count;
            images += batch.Count;
            step++;
            _instruments.Read(data.Name, TrainingPhase.Validating, batch.Count);
            if (_reporter.IsDue)
                _reporter.Report(TrainingPhase.Validating, position.Epoch + 1, data.Name, step, steps, position.TotalSteps);
        }

        return sum / images;
    }

    // Named by the image and not by its place in a batch, so that neither batches nor threads change it.
    private bool[] Hidden(Batch batch, Func<int, RandomStream> streamOf)
    {
        var patches = _grid.Side * _grid.Side;
        var hidden = new bool[batch.Count * patches];
        for (var i = 0; i < batch.Count; i++) _grid.Draw(streamOf(batch.Indices[i]), hidden.AsSpan(i * patches, patches));
        return hidden;
    }

    private (Tensor Images, Tensor Hidden) ToTensors(Batch batch, bool[] hidden, int first, int count)
    {
        var (pixels, patches) = (3 * batch.Height * batch.Width, _grid.Side * _grid.Side);
        return (
            TensorMemory.Copy(batch.Images.AsSpan(first * pixels, count * pixels), [count, 3, batch.Height, batch.Width], _device),
            tensor(hidden[(first * patches)..((first + count) * patches)], [count, _grid.Side, _grid.Side]).to(_device));
    }
}
