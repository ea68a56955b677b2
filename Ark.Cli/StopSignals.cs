using System.Runtime.InteropServices;

namespace Ark.Cli;

/// <summary>Ctrl-C and the signal by which systems end what they started: both cancel the work, which then ends in its own way.</summary>
internal sealed class StopSignals : IDisposable
{
    // What has no state to save and does not look up, such as a file that is read from a slow disk, is not waited for longer.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);
    private readonly CancellationTokenSource _source;
    private readonly PosixSignalRegistration[] _registrations;

    public StopSignals(CancellationToken cancellationToken)
    {
        _source = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        _registrations =
        [
            PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop), PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop)
        ];
    }

    /// <summary>Is cancelled by a signal.</summary>
    public CancellationToken Token => _source.Token;

    /// <summary>Ends a while after a signal.</summary>
    public async Task OverdueAsync()
    {
        var stopped = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using (Token.Register(() => stopped.TrySetResult()).ConfigureAwait(false)) await stopped.Task.ConfigureAwait(false);
        await Task.Delay(Patience, CancellationToken.None).ConfigureAwait(false);
    }

    public void Dispose()
    {
        foreach (var registration in _registrations) registration.Dispose();
        _source.Dispose();
    }

    private void Stop(PosixSignalContext context)
    {
        // Who asks a second time does not want to wait for a step to end: the system ends the process, and the last state on disk is whole.
        context.Cancel = !_source.IsCancellationRequested;
        _source.Cancel();
    }
}
