using System.Runtime.InteropServices;

namespace Ark.Cli;

/// <summary>Ctrl-C and the signal by which systems end what they started: both cancel the work, which then ends in its own way.</summary>
internal sealed class StopSignals : IDisposable
{
    // What has no state to save and does not look up, such as a file that is read from a slow disk, is not waited for longer.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);

    // Then the process ends from a thread of its own, whatever the others wait for: a pipe that nobody reads, or a lock of such a writer.
    private static readonly TimeSpan LastPatience = TimeSpan.FromSeconds(6);

    // What saves its state may have gigabytes to write.
    private static readonly TimeSpan SavingPatience = TimeSpan.FromSeconds(60);
    private readonly Action<int>? _quit;
    private readonly ManualResetEventSlim _ended = new();
    private volatile bool _savesState;
    private readonly CancellationTokenSource _source;
    private readonly PosixSignalRegistration[] _registrations;

    /// <param name="quit">Ends the process at once; <see langword="null"/> where it is another's.</param>
    /// <param name="cancellationToken">Cancels as a signal does.</param>
    public StopSignals(Action<int>? quit, CancellationToken cancellationToken)
    {
        _quit = quit;
        _source = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        _registrations =
        [
            PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop), PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop)
        ];
    }

    /// <summary>Is cancelled by a signal.</summary>
    public CancellationToken Token => _source.Token;

    /// <summary>Says that the work has a state to save, which takes longer.</summary>
    public void WaitForState() => _savesState = true;

    /// <summary>Ends a while after a signal.</summary>
    public async Task OverdueAsync()
    {
        var stopped = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using (Token.Register(() => stopped.TrySetResult()).ConfigureAwait(false)) await stopped.Task.ConfigureAwait(false);
        await Task.Delay(Patience, CancellationToken.None).ConfigureAwait(false);
    }

    public void Dispose()
    {
        _ended.Set();
        foreach (var registration in _registrations) registration.Dispose();
        _source.Dispose();
    }

    private void Stop(PosixSignalContext context)
    {
        // Who asks a second time does not want to wait for a step to end: the system ends the process, and the last state on disk is whole.
        context.Cancel = !_source.IsCancellationRequested;
        if (context.Cancel && _quit is not null) new Thread(EndAtLast) { IsBackground = true, Name = "ark end" }.Start();
        _source.Cancel();
    }

    private void EndAtLast()
    {
        if (!_ended.Wait(_savesState ? SavingPatience : LastPatience)) _quit!(ExitCode.Cancelled);
    }
}
