using Ark.Training;

namespace Ark.Tests;

/// <summary>A run as a trainer begins it: the task, and the loop over it.</summary>
internal sealed class RecordedRun : IDisposable
{
    private readonly ITrainingTask _task;
    private readonly TrainingLoop _loop;

    private RecordedRun(ITrainingTask task, TrainingLoop loop) => (_task, _loop) = (task, loop);

    public static RecordedRun Of(ITrainingTask task, OptimizationOptions options, RunDirectory? directory, bool resume)
    {
        try
        {
            return new RecordedRun(task, new TrainingLoop(task, options, directory, resume, new ProgressReporter(null)));
        }
        catch
        {
            task.Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        _loop.Dispose();
        _task.Dispose();
    }
}
