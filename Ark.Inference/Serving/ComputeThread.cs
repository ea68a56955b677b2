using System.Collections.Concurrent;
using System.Runtime.CompilerServices;

namespace Ark.Inference;

/// <summary>
/// The thread on which a host's callers compute with libtorch's own operators. OpenMP gives every thread that computes a team of its own,
/// and oneDNN a memory of its own that grows to the largest product: computing on whatever thread of the pool comes along, a host would
/// gather both for each. It lives as long as the process.
/// </summary>
internal static class ComputeThread
{
    private static readonly BlockingCollection<Action> Work = Start();

    /// <summary>Runs a function there, after those that came before, and waits for it.</summary>
    /// <param name="function">What computes; it must not wait for another call of this method.</param>
    /// <param name="cancellationToken">Leaves the queue.</param>
    /// <returns>Its result.</returns>
    /// <exception cref="OperationCanceledException">The token was cancelled before its turn.</exception>
    public static T Run<T>(Func<T> function, CancellationToken cancellationToken)
    {
        var completion = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        Work.Add(() => Complete(completion, function, cancellationToken), CancellationToken.None);
        return completion.Task.GetAwaiter().GetResult();
    }

    private static void Complete<T>(TaskCompletionSource<T> completion, Func<T> function, CancellationToken cancellationToken)
    {
        try
        {
            cancellationToken.ThrowIfCancellationRequested();
            completion.SetResult(function());
        }
        catch (OperationCanceledException e) when (cancellationToken.IsCancellationRequested)
        {
            completion.SetCanceled(e.CancellationToken);
        }
        catch (Exception e)
        {
            // Nothing is swallowed: the caller gets it.
            completion.SetException(e);
        }
    }

    // A method of its own, so that nothing on the stack holds on to the last picture while the next one is waited for.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void RunNext(BlockingCollection<Action> work) => work.Take()();

    private static BlockingCollection<Action> Start()
    {
        var work = new BlockingCollection<Action>();
        new Thread(() =>
        {
            while (true) RunNext(work);
        })
        { IsBackground = true, Name = "ark-compute" }.Start();
        return work;
    }
}
