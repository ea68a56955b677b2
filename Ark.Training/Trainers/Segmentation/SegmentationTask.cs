using System.Text.Json.Nodes;
using Ark.Data;
using Ark.Evaluation;
using Ark.Inference;
using Ark.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace Ark.Training;

/// <summary>The training of a segmentation network on one dataset.</summary>
internal sealed class SegmentationTask : ITrainingTask
{
    private readonly SegmentationOptions _options;
    private readonly PreparedSegmentation _data;
    private readonly SegmentationDescription _model;
    private readonly ProgressReporter _reporter;
    private readonly Device _device;
    private readonly UperNet _network;
    private readonly FusedBlocks? _blocks;
    private readonly LearningRateSchedule _schedule;
    private readonly SegmentationLoader _training;
    private readonly SegmentationLoader _validation;

    /// <summary>Builds the network.</summary>
    /// <param name="options">How to train.</param>
    /// <param name="data">On what.</param>
    /// <param name="model">The network's shape.</param>
    /// <param name="begins">Whether the run has no state of its own, so that initial weights are loaded.</param>
    /// <param name="source">Opens loaders.</param>
    /// <param name="reporter">Is told what happens.</param>
    /// <exception cref="ArkInputException">The initial weights do not fit.</exception>
    public SegmentationTask(
        SegmentationOptions options, PreparedSegmentation data, SegmentationDescription model, bool begins, BatchSource source,
        ProgressReporter reporter)
    {
        (_options, _data, _model, _reporter) = (options, data, model, reporter);
        _device = ComputeDevice.Of(options.Device);
        using var unfinished = new Unfinished();
        using (var generator = new Generator(options.Seed)) _network = unfinished.Keep(new UperNet(model.Network, generator));
        if (begins && options.InitialWeights is { } path)
        {
            var report = _network.Backbone.load_checkpoint(path, strict: false, nestedKey: options.NestedKey, options: options.Reading);
            reporter.Message($"backbone from {path}: {report}{(report.Remark is { } remark ? $"; {remark}" : "")}");
        }

        _network.to(_device);
        if (options.Precision == TrainingPrecision.Bf16) _network.Backbone.Precision = ScalarType.BFloat16;
        _blocks = FusedBlocks.Create(_network.Backbone.Backbone, _network.Backbone.Precision, get_num_threads());
        if (_blocks is not null) unfinished.Keep(_blocks);
        _schedule = options.CreateSchedule();
        Optimizer = unfinished.Keep(new StudentOptimizer(_network, options.CreateOptimizerSettings(), _schedule.Initial));
        var transform = model.Transform(options.VaryQuality, options.VaryFraming);
        var kept = new KeptPictures();
        _training = source.Masked(data.Name, data.Train, transform, kept);
        _validation = source.Masked(data.Name, data.Validation, transform, kept);
        unfinished.Finish();
    }

    public string Prefix => "";

    public StudentOptimizer Optimizer { get; }

    // A forward pass moves the running statistics of batch normalization.
    public bool StepsAreAtomic => false;

    public bool IsTestedAtItsBest => true;

    public IReadOnlyList<KeyValuePair<string, nn.Module>> Networks => [KeyValuePair.Create<string, nn.Module>("state_dict", _network)];

    public StateDescription Description => Describe(_options, _data, _model.Encode());

    /// <summary>
    /// What the checkpoint of an unfinished run says of its network, so that the file which the run began with is needed no more.
    /// </summary>
    /// <returns>The network's shape; <see langword="null"/> where the file is damaged.</returns>
    /// <exception cref="ArkInputException">It belongs to a run with other options, structures or lists.</exception>
    public static SegmentationDescription? ReadModel(string path, SegmentationOptions options, PreparedSegmentation data)
    {
        using var scope = NewDisposeScope();
        try
        {
            var (_, ark) = SegmentationModelFile.Read(path);
            var model = SegmentationDescription.Decode(path, ark.GetSection("model"));
            TrainingCheckpoint.RequireSameRun(path, ark, Describe(options, data, model.Encode()));
            RequireSameStructures(path, model, data);
            model.RequirePlausible(path);
            return model with
            {
                Network = model.Network with { Backbone = model.Network.Backbone with { DropPathRate = options.DropPathRate } }
            };
        }
        catch (CheckpointException)
        {
            // Going on says how it is damaged.
            return null;
        }
    }

    public IReadOnlyList<DatasetPass> Passes(int epoch) => [new DatasetPass(_data.Name, [0], _data.Train.Count)];

    public int StepCount(DatasetPass pass) => _training.TrainingBatchCount;

    public IEnumerable<TrainingStep> Steps(DatasetPass pass, TrainingPosition position, CancellationToken cancellationToken)
    {
        foreach (var batch in _training.ReadForTraining(position.Epoch, position.Step, _options.Augment, cancellationToken))
        {
            yield return new TrainingStep(batch.Number, batch.Count, () => batch.Indices.Select(i => _data.Train[i].Image.Name),
                (at, token) => Step(batch, at, token), batch);
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

    // The loss over the split, and the Dice of each structure at the network's own resolution.
    public EpochOutcome Validate(TrainingPosition position, CancellationToken cancellationToken)
    {
        _network.eval();
        using var off = no_grad();
        var (sum, images) = (0.0, 0);
        var (overlaps, totals) = (new double[_data.Structures.Count], new double[_data.Structures.Count]);
        foreach (var batch in _validation.ReadInOrder(cancellationToken))
        {
            using var given = batch;
            using var scope = NewDisposeScope();
            var (input, target, known) = ToTensors(batch);
            var logits = _network.forward(input);
            sum += LossOf(logits, target, known).Number() * batch.Count;
            images += batch.Count;
            var found = logits.gt(KeptScalar.Zero).to(ScalarType.Float32);
            if (known is not null) found = found.mul(known);
            var (both, all) = (
                found.mul(target).sum([0, 2, 3]).cpu().data<float>().ToArray(),
                found.Plus(target).sum([0, 2, 3]).cpu().data<float>().ToArray());
            for (var k = 0; k < both.Length; k++) (overlaps[k], totals[k]) = (overlaps[k] + both[k], totals[k] + all[k]);
            if (_reporter.IsDue)
                _reporter.Report(
                    TrainingPhase.Validating, position.Epoch + 1, _data.Name, images, _data.Validation.Count, position.TotalSteps);
        }

        var (loss, dice) = (sum / images, overlaps.Zip(totals, (o, t) => t == 0 ? 1 : 2 * o / t).ToArray());
        var message = $"validation loss: {_data.Name} {loss:F4}, Dice "
            + $"{string.Join(", ", _data.Structures.Zip(dice, (s, d) => FormattableString.Invariant($"{s} {d:F3}")))}";
        return new EpochOutcome([loss], loss, message,
        [
            new JsonObject
            {
                ["event"] = "validation",
                ["epoch"] = position.Epoch + 1,
                ["dataset"] = _data.Name,
                ["loss"] = JsonScalar.Number(loss),
                ["dice"] = new JsonObject(_data.Structures.Zip(dice, (s, d) => KeyValuePair.Create(s, JsonScalar.Number(d)))),
            },
        ]);
    }

    public IReadOnlyList<JsonObject> TestEpoch(TrainingPosition position, CancellationToken cancellationToken) => [];

    public void EndEpoch(int epoch, EpochOutcome outcome)
    {
    }

    public void RequireSameModel(string path, CheckpointSection model) =>
        RequireSameStructures(path, SegmentationDescription.Decode(path, model), _data);

    public void Store(OrderedDictionary<string, object?> position)
    {
    }

    public TrainingPosition Restore(CheckpointSection stored, TrainingPosition position) =>
        // Before passes were counted, a pass whose steps were all done had been recorded.
        stored.ContainsKey("pass") || position.Step < _training.TrainingBatchCount ? position : position.AfterPass();

    public void Dispose()
    {
        Optimizer.Dispose();
        _blocks?.Dispose();
        _network.Dispose();
    }

    private static StateDescription Describe(
        SegmentationOptions options, PreparedSegmentation data, OrderedDictionary<string, object?> model) => new()
        {
            Kind = DescribedCheckpoint.SegmentationKind,
            Format = SegmentationModelFile.FormatVersion,
            Model = model,
            Options = OptionTables.Segmentation.ToCheckpoint(options),
            RequireSameOptions = (path, stored) => OptionTables.Segmentation.RequireSame(path, stored, options),
            Data = [KeyValuePair.Create(data.Name, data.Digest)],
        };

    private static void RequireSameStructures(string path, SegmentationDescription model, PreparedSegmentation data)
    {
        if (!model.Network.Structures.SequenceEqual(data.Structures, StringComparer.Ordinal))
            throw new ArkInputException(
                path, "key 'ark.model'", "is a checkpoint of other structures", "Resume with the catalogue that the run began with.");
    }

    private double[] Step(LoadedBatch batch, TrainingPosition position, CancellationToken cancellationToken)
    {
        using var scope = NewDisposeScope();
        cancellationToken.ThrowIfCancellationRequested();
        if (!_network.training) _network.train();
        _network.SeedDrops(_options.Seed, (ulong)position.TotalSteps);
        // The published code holds the rate through an epoch, of which the first then learns nothing.
        Optimizer.LearningRate = _schedule.At(position.Epoch + ((double)(position.Step + 1) / _training.TrainingBatchCount));
        var (images, targets, known) = ToTensors(batch);
        Optimizer.ClearGradients(fillWithZeros: false);
        // From here on the step must be finished, and is, whoever waits for the run to stop.
        using var pass = new TrainingPass(
            _network.Backbone, images, _blocks, checkpoint: false,
            _network.TakesUnmerged ? PassOutputs.StagesUnmerged : PassOutputs.Stages);
        var loss = LossOf(_network.Decode(images, pass.Outputs), targets, known);
        pass.Backward(loss);
        double[] losses = [loss.Number()];
        Optimizer.Step(losses, _options.ClipGradient);
        return losses;
    }

    private Tensor LossOf(Tensor logits, Tensor targets, Tensor? known)
    {
        if (_options.Loss == SegmentationLoss.DiceCrossEntropy) return SoftDice.WithCrossEntropy(logits, targets, known);
        using var probabilities = logits.sigmoid();
        return SoftDice.Loss(probabilities, targets, known);
    }

    // What is left out comes as NaN, of which a sum would become NaN: it is 0 in the targets, and 0 beside 1 in a map of what is known,
    // which most batches do without.
    private (Tensor Images, Tensor Targets, Tensor? Known) ToTensors(LoadedBatch batch)
    {
        Tensor Of(float[] values, long planes)
        {
            long[] shape = [batch.Count, planes, _model.Size.Height, _model.Size.Width];
            return TensorMemory.Copy(values.AsSpan(0, (int)(shape[0] * shape[1] * shape[2] * shape[3])), shape, _device);
        }

        var (images, targets) = (Of(batch.Images, 3), Of(batch.Targets, _data.Structures.Count));
        if (!BatchSource.AnyNaN(batch.Targets.AsSpan(0, checked((int)targets.numel())))) return (images, targets, null);
        return (images, targets.nan_to_num(0), targets.isnan().logical_not().to(ScalarType.Float32));
    }
}
