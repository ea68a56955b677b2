using System.Diagnostics;
using System.Text.Json.Nodes;
using Ark.Evaluation;
using Ark.Inference;
using static TorchSharp.torch;

namespace Ark.Training;

/// <summary>
/// The one loop of every training: epochs, passes and steps, checkpoints and resumption, the guard against divergence, records, telemetry
/// and cancellation. What is trained is the business of an <see cref="ITrainingTask"/>. Lives on one thread.
/// </summary>
internal sealed class TrainingLoop : IDisposable
{
    private readonly ITrainingTask _task;
    private readonly OptimizationOptions _options;
    private readonly RunDirectory? _directory;
    private readonly RunCheckpoints? _checkpoints;
    private readonly ProgressReporter _reporter;
    private readonly ArkInstruments _instruments;
    private readonly List<MemoryReading> _memory = [];
    private readonly Dictionary<string, Tensor> _best = new(StringComparer.Ordinal);

    /// <summary>Begins a run, or goes on from its newest whole state.</summary>
    /// <param name="task">What is trained; borrowed.</param>
    /// <param name="options">How.</param>
    /// <param name="directory">The run's folder; borrowed. <see langword="null"/> to keep nothing.</param>
    /// <param name="resume">Whether the folder holds an unfinished run.</param>
    /// <param name="reporter">Is told what happens.</param>
    /// <param name="instruments">Measures it.</param>
    /// <exception cref="ArkInputException">No checkpoint can be read, or they are of another run.</exception>
    public TrainingLoop(
        ITrainingTask task, OptimizationOptions options, RunDirectory? directory, bool resume, ProgressReporter reporter,
        ArkInstruments? instruments = null)
    {
        (_task, _options, _directory, _reporter) = (task, options, directory, reporter);
        _instruments = instruments ?? new ArkInstruments();
        _checkpoints = directory is null ? null : new RunCheckpoints(directory, options, task);
        Position = resume ? _checkpoints!.Resume(w => reporter.Message(task.Prefix + w, warning: true)) : new TrainingPosition();
        if (options.TensorBoard) directory?.WriteEvents();
    }

    /// <summary>Where the run stands.</summary>
    public TrainingPosition Position { get; private set; }

    /// <summary>Resident memory after each epoch of this process's part of the run.</summary>
    public IReadOnlyList<MemoryReading> Memory => _memory;

    /// <summary>
    /// The states that could not be read, and the one that was used; <see langword="null"/> where the last one was whole.
    /// </summary>
    public string? PassedOver => _checkpoints?.PassedOver;

    private bool IsOutOfPatience => IsOutOfPatienceAt(Position);

    /// <summary>
    /// Trains to the end, or until patience is. Cancelled, or stopped by its input, a run leaves the state of its last step.
    /// </summary>
    /// <param name="evaluationInterval">Tests, and keeps a checkpoint, every so many epochs and after the last, whatever ends the run;
    /// <see langword="null"/> for neither.</param>
    /// <param name="cancellationToken">Ends it at the next step.</param>
    /// <exception cref="TrainingStoppedException">Training diverged, or the folder cannot be written.</exception>
    public void Run(int? evaluationInterval, CancellationToken cancellationToken)
    {
        try
        {
            // Loading may have taken long.
            cancellationToken.ThrowIfCancellationRequested();
            while (Position.Epoch < _options.Epochs && !IsOutOfPatience) RunEpoch(evaluationInterval, cancellationToken);
        }
        catch (Exception e) when (e is OperationCanceledException or ArkInputException)
        {
            // Everything that may throw these leaves state and position as they belong together.
            _checkpoints?.SaveStopped(Position);
            throw;
        }
    }

    /// <summary>Puts the weights of the best epoch back into the first network.</summary>
    public void RestoreBest()
    {
        using var off = no_grad();
        using var scope = NewDisposeScope();
        var (key, network) = _task.Networks[0];
        if (_directory is not null)
            DescribedCheckpoint.Fill(
                _directory.BestCheckpoint,
                key,
                network.state_dict(),
                TrainingCheckpoint.Read(_directory.BestCheckpoint, _task.Description.Kind).Root);
        else foreach (var (name, tensor) in network.state_dict()) tensor.copy_(_best[name]);
    }

    public void Dispose()
    {
        foreach (var tensor in _best.Values) tensor.Dispose();
    }

    private void KeepBest()
    {
        if (_checkpoints is not null) _checkpoints.SaveBest(Position);
        if (_directory is not null || !_task.IsTestedAtItsBest) return;
        using var off = no_grad();
        foreach (var (name, tensor) in _task.Networks[0].Value.state_dict())
        {
            if (_best.TryGetValue(name, out var kept)) kept.copy_(tensor);
            else _best[name] = tensor.detach().clone().DetachFromDisposeScope();
        }
    }

    private void RunEpoch(int? evaluationInterval, CancellationToken cancellationToken)
    {
        var passes = _task.Passes(Position.Epoch);
        while (Position.Pass < passes.Count) RunPass(passes[Position.Pass], cancellationToken);

        var epoch = Position.Epoch + 1;
        var outcome = _task.Validate(Position, cancellationToken);
        RequireFinite(outcome, epoch);
        var ended = Position.AfterEpoch(outcome);
        var isTested = evaluationInterval is { } interval
            && (epoch % interval == 0 || epoch == _options.Epochs || IsOutOfPatienceAt(ended));
        var tests = isTested ? _task.TestEpoch(Position, cancellationToken) : [];
        _task.EndEpoch(epoch, outcome);
        foreach (var record in (JsonObject[])[.. outcome.Records, .. tests]) _directory?.AppendMetrics(record);
        Position = ended;
        if (isTested) _checkpoints?.SaveEpoch(Position);
        if (Position.BestEpoch == epoch) KeepBest();
        _checkpoints?.SaveLast(Position);
        // Last, for who hears of it may throw.
        _directory?.WriteReport();
        _memory.Add(MemoryReading.Take(epoch));
        _reporter.Report(
            TrainingPhase.Validating, epoch, null, 0, 0, Position.TotalSteps,
            message: $"{_task.Prefix}epoch {epoch}/{_options.Epochs}  {outcome.Message}");
        if (IsOutOfPatience) _reporter.Message($"{_task.Prefix}stopped: no lower validation loss for {_options.Patience} epochs");
    }

    private bool IsOutOfPatienceAt(TrainingPosition position) =>
        _options is { StopsEarly: true, Patience: > 0 } && position.Epoch - position.BestEpoch >= _options.Patience;

    private void RunPass(DatasetPass pass, CancellationToken cancellationToken)
    {
        using var activity = ArkInstruments.Begin("ark.pass", pass.Name, Position.Epoch + 1);
        var watch = Stopwatch.StartNew();
        var imagesBefore = Position.Images;
        var steps = _task.StepCount(pass);
        var stepEnded = watch.Elapsed;
        foreach (var step in _task.Steps(pass, Position, cancellationToken))
        {
            var stepBegan = watch.Elapsed;
            using (step) TakeStep(pass, step, cancellationToken);
            _instruments.Step(pass.Name, stepBegan - stepEnded, watch.Elapsed - stepBegan, step.Images);
            stepEnded = watch.Elapsed;
            if (_checkpoints?.IsDue(Position.TotalSteps) == true && Position.Step < steps) _checkpoints.SaveLast(Position);
            ReportStep(pass, steps, (Position.Images - imagesBefore) / watch.Elapsed.TotalSeconds);
            cancellationToken.ThrowIfCancellationRequested();
        }

        var speed = (Position.Images - imagesBefore) / watch.Elapsed.TotalSeconds;
        // The teacher of accrual moves first, so that the record has the momentum of this pass.
        _task.EndPass();
        var record = _task.RecordPass(pass, Position);
        record["images_per_second"] = Math.Round(speed, 1);
        _directory?.AppendMetrics(record);
        var ended = Position;
        Position = Position.AfterPass();
        _checkpoints?.SaveLast(Position);
        _instruments.Pass(pass.Name, ended.MeanLoss(0), ended.LossSums.Count > 1 ? ended.MeanLoss(1) : null);
        var losses = _task.DescribeLosses(ended);
        Report(pass, ended, steps, steps, speed, FormattableString.Invariant(
            $"{_task.Prefix}epoch {ended.Epoch + 1}/{_options.Epochs}  {pass.Name}: {losses}, {speed:F0} images/s"));
    }

    private void TakeStep(DatasetPass pass, TrainingStep step, CancellationToken cancellationToken)
    {
        try
        {
            var losses = step.Take(Position, cancellationToken);
            // Batches all of whose images were left out have a number too.
            Position = Position.AfterStep(step.Number + 1, step.Images, losses);
        }
        catch (DivergedException e)
        {
            throw Diverged(e, pass, [.. step.Names()]);
        }
    }

    private void ReportStep(DatasetPass pass, int steps, double speed)
    {
        if (_options.LogInterval is { } interval && Position.Step % interval == 0)
            Report(pass, Position, Position.Step, steps, speed, $"{_task.Prefix}epoch {Position.Epoch + 1}/{_options.Epochs}  {pass.Name} "
                + $"step {Position.Step}/{steps}: {_task.DescribeLosses(Position)}");
        if (_reporter.IsDue) Report(pass, Position, Position.Step, steps, speed);
    }

    private void Report(DatasetPass pass, TrainingPosition at, int step, int steps, double speed, string? message = null) =>
        _reporter.Report(TrainingPhase.Training, at.Epoch + 1, pass.Name, step, steps, at.TotalSteps, at.MeanLoss(0),
            at.LossSums.Count > 1 ? at.MeanLoss(1) : null, _task.Optimizer.LearningRate, speed, message);

    private void RequireFinite(EpochOutcome outcome, int epoch)
    {
        if (outcome.Losses.All(double.IsFinite)) return;
        throw new TrainingStoppedException($"{_task.Prefix}epoch {epoch}: the validation loss is not finite ({outcome.Message}): training "
        + $"diverged. "
        + $"No checkpoint was chosen by "
        + $"it{(File.Exists(_directory?.BestCheckpoint) ? $"; {_directory.BestCheckpoint} is the best before" : "")}. "
        + "Begin a new run with a lower 'LearningRate' or 'ClipGradient'.");
    }

    private TrainingStoppedException Diverged(DivergedException cause, DatasetPass pass, string[] images)
    {
        var kept = "";
        if (_checkpoints is not null)
        {
            var saved = _task.StepsAreAtomic && _task.Optimizer.HoldsFiniteWeights();
            if (saved) _checkpoints.SaveLast(Position);
            _directory!.WriteFailure(new JsonObject
            {
                ["epoch"] = Position.Epoch + 1,
                ["pass"] = pass.Name,
                ["step"] = Position.Step + 1,
                ["problem"] = cause.Message,
                ["images"] = new JsonArray([.. images.Select(i => (JsonNode)i)]),
            });
            kept = (saved
                ? $" The state before this step is in {_directory.LastCheckpoint}"
                : File.Exists(_directory.LastCheckpoint) ? $" The last state before is in {_directory.LastCheckpoint}"
                : " No state was kept")
                + $", all images in {_directory.FailurePath}.";
        }

        const int shown = 16;
        var named = string.Join(", ", images.Take(shown)) + (images.Length > shown ? $" and {images.Length - shown} more" : "");
        return new TrainingStoppedException(
            $"{_task.Prefix}epoch {Position.Epoch + 1}, {pass.Name}, step {Position.Step + 1}: training diverged ({cause.Message}). Look "
                + $"at the images of the batch: {named}.{kept} "
            + "A run goes on as it began: for a lower 'LearningRate' or 'ClipGradient' begin a new one, with the last state as "
            + "'InitialWeights' to keep what was learnt.",
            cause);
    }
}
