using System.Diagnostics;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Ark.Inference;

/// <summary>Measures and logs what one named model does for its callers. Event ids of serving are 4001 to 4099.</summary>
/// <param name="model">What the host calls it.</param>
/// <param name="instruments">The host's instruments.</param>
/// <param name="logger">The host's log.</param>
internal sealed partial class ServingTelemetry(string model, ServingInstruments instruments, ILogger? logger = null)
{
    private readonly ILogger _logger = logger ?? NullLogger.Instance;

    /// <summary>Runs one caller's image.</summary>
    /// <param name="work">What is done for it; is given the time at which it was asked for.</param>
    public async Task<T> RunAsync<T>(Func<long, Task<T>> work)
    {
        var asked = Stopwatch.GetTimestamp();
        var outcome = ServingOutcome.Failed;
        try
        {
            var answer = await work(asked).ConfigureAwait(false);
            outcome = ServingOutcome.Answered;
            return answer;
        }
        catch (ArkInputException e)
        {
            outcome = ServingOutcome.Refused;
            LogRefused(model, e.Message);
            throw;
        }
        catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException)
        {
            outcome = ServingOutcome.Cancelled;
            throw;
        }
        finally
        {
            instruments.Done(model, outcome, Stopwatch.GetElapsedTime(asked));
        }
    }

    /// <summary>An image has joined the queue.</summary>
    public void Joined() => instruments.Queued(model, 1);

    /// <summary>An image has left the queue without reaching the network.</summary>
    public void Left(int images = 1) => instruments.Queued(model, -images);

    /// <summary>Images have reached the network.</summary>
    /// <param name="asked">When each was asked for.</param>
    public void Began(IReadOnlyCollection<long> asked)
    {
        instruments.Batch(model, asked.Count);
        foreach (var time in asked) instruments.Waited(model, Stopwatch.GetElapsedTime(time));
    }

    /// <summary>The network has failed.</summary>
    public void Failed(Exception exception, int images) => LogFailed(exception, model, images);

    // At this level because the host decides what an image is called: a file's name may be a patient's.
    [LoggerMessage(EventId = 4010, Level = LogLevel.Debug, Message = "Model {Model} refused an image: {Reason}")]
    private partial void LogRefused(string model, string reason);

    [LoggerMessage(EventId = 4011, Level = LogLevel.Error, Message = "Model {Model} failed on a batch of {Images}")]
    private partial void LogFailed(Exception exception, string model, int images);
}
