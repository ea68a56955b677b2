using System.Diagnostics;
using System.Runtime.ExceptionServices;

namespace Ark.Training;

/// <summary>The checkpoints of one run: when one is due, which are kept, and which one a resumed run goes on from.</summary>
internal sealed class RunCheckpoints(RunDirectory directory, OptimizationOptions options, ITrainingTask task)
{
    private readonly Stopwatch _sinceSave = Stopwatch.StartNew();
    private long _stepsAtSave;

    /// <summary>
    /// The states that <see cref="Resume"/> could not read, and the one that was used; <see langword="null"/> where the last one was whole.
    /// </summary>
    public string? PassedOver { get; private set; }

    /// <summary>Whether enough steps or minutes have passed since the last save.</summary>
    /// <param name="steps">Steps of the run so far.</param>
    public bool IsDue(long steps) =>
        (options.CheckpointSteps is { } every && steps - _stepsAtSave >= every)
        || (options.CheckpointMinutes is { } minutes && _sinceSave.Elapsed.TotalMinutes >= minutes);

    /// <summary>Writes the state that a resumed run goes on from; the state before it is kept beside it as far as options say.</summary>
    /// <exception cref="TrainingStoppedException">The folder cannot be written, or the weights are no numbers any more: the state before
    /// stays.</exception>
    public void SaveLast(TrainingPosition position) => WriteLast(position, keepEarlier: true);

    /// <summary>
    /// Writes the state at which a run is stopped. Whoever stops it waits, often for seconds only: what is on disk already is not written
    /// again, and the state before is not kept beside.
    /// </summary>
    /// <exception cref="TrainingStoppedException">As <see cref="SaveLast"/>.</exception>
    public void SaveStopped(TrainingPosition position)
    {
        if (position.TotalSteps != _stepsAtSave) WriteLast(position, keepEarlier: false);
    }

    private void WriteLast(TrainingPosition position, bool keepEarlier) => directory.Writing(() =>
    {
        if (!task.Optimizer.HoldsFiniteWeights())
        {
            throw new TrainingStoppedException(
                FormattableString.Invariant($"{task.Prefix}epoch {position.Epoch + 1}, step {position.TotalSteps} of the run: ")
                + $"the weights are not finite any more. The state before is in {directory.LastCheckpoint}; "
                + "begin anew with a lower 'LearningRate' or 'ClipGradient'.");
        }

        if (keepEarlier) KeepEarlier();
        Save(directory.LastCheckpoint, position);
        _sinceSave.Restart();
        _stepsAtSave = position.TotalSteps;
    });

    public void SaveBest(TrainingPosition position) => directory.Writing(() => Save(directory.BestCheckpoint, position));

    public void SaveEpoch(TrainingPosition position) => directory.Writing(() => Save(directory.EpochCheckpoint(position.Epoch), position));

    /// <summary>Puts the run back to its newest whole state.</summary>
    /// <param name="warn">Is told of a checkpoint that is damaged.</param>
    /// <returns>The position; the very beginning where the run was killed before its first checkpoint.</returns>
    /// <exception cref="ArkInputException">No checkpoint can be read, or they are of another run.</exception>
    public TrainingPosition Resume(Action<string> warn)
    {
        var position = Newest(warn) ?? new TrainingPosition();
        directory.TruncateMetrics(position.MetricsLength);
        _stepsAtSave = position.TotalSteps;
        return position;
    }

    /// <summary>What the newest checkpoint that can be read says of something.</summary>
    /// <param name="directory">The run's folder.</param>
    /// <param name="kept">How many states it keeps.</param>
    /// <param name="read">Reads it from a file; <see langword="null"/> where the file is damaged.</param>
    /// <returns>It; <see langword="null"/> where no checkpoint can be read, or there is none.</returns>
    public static T? ReadNewest<T>(RunDirectory directory, int kept, Func<string, T?> read)
        where T : class => States(directory, kept).Select(read).FirstOrDefault(d => d is not null);

    /// <summary>Whether a run has a state of its own to go on from, whole or damaged.</summary>
    public static bool HasState(RunDirectory directory, int kept) => States(directory, kept).Count > 0;

    // Newest first, and also those that a run kept which was told to keep more.
    private static List<string> States(RunDirectory directory, int kept)
    {
        var states = Enumerable.Range(0, kept).Select(n => n == 0
            ? directory.LastCheckpoint
            : directory.EarlierCheckpoint(n)).Where(File.Exists).ToList();
        for (var n = Math.Max(kept, 1); File.Exists(directory.EarlierCheckpoint(n)); n++) states.Add(directory.EarlierCheckpoint(n));
        return states;
    }

    private TrainingPosition? Newest(Action<string> warn)
    {
        var damaged = new List<CheckpointException>();
        foreach (var path in States(directory, options.MaxCheckpoints))
        {
            try
            {
                var position = TrainingCheckpoint.Load(path, task);
                if (damaged.Count == 0) return position;
                // Out of the way, or the next save would put the damaged file in the place of the whole one.
                foreach (var state in damaged)
                    directory.Writing(() => AtomicFile.Replace(state.InputSource, state.InputSource + ".damaged"));
                foreach (var state in damaged) warn($"{state.Message} The run goes on from {Path.GetFileName(path)}.");
                PassedOver = $"{string.Join(" and ", damaged.Select(d => Path.GetFileName(d.InputSource)))} could not be read and "
                    + $"{(damaged.Count == 1 ? "is" : "are")} put aside as *.damaged; the run went on from {Path.GetFileName(path)}";
                return position;
            }
            catch (CheckpointException e)
            {
                damaged.Add(e);
            }
        }

        if (damaged.Count == 1) ExceptionDispatchInfo.Throw(damaged[0]);
        if (damaged.Count > 1)
        {
            throw new ArkInputException(directory.FullPath, null, $"holds no state that can be read: "
                + $"{string.Join("; ", damaged.Select(d => $"{Path.GetFileName(d.InputSource)} {d.Problem}"))}",
                "Restore one of these files, or begin another run ('Directory').");
        }

        warn("the run was stopped before its first checkpoint, so it begins anew.");
        return null;
    }

    // A copy, not a rename: at every instant there is a whole file under the last one's name.
    private void KeepEarlier()
    {
        var kept = options.MaxCheckpoints - 1;
        if (kept < 1 || !File.Exists(directory.LastCheckpoint)) return;
        for (var n = kept - 1; n >= 1; n--)
        {
            if (File.Exists(directory.EarlierCheckpoint(n)))
                AtomicFile.Replace(directory.EarlierCheckpoint(n), directory.EarlierCheckpoint(n + 1));
        }

        var aside = AtomicFile.Aside(directory.EarlierCheckpoint(1));
        try
        {
            File.Copy(directory.LastCheckpoint, aside);
            AtomicFile.Replace(aside, directory.EarlierCheckpoint(1));
        }
        finally
        {
            File.Delete(aside);
        }
    }

    private void Save(string path, TrainingPosition position)
    {
        directory.FlushMetrics();
        TrainingCheckpoint.Save(path, task, position with { MetricsLength = directory.MetricsLength });
    }
}
