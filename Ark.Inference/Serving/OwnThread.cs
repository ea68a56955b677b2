namespace Ark.Inference;

/// <summary>
/// Runs long work on a thread of its own: tensors and dispose scopes belong to a thread, and the work would keep a thread of
/// the pool for hours.
/// </summary>
internal static class OwnThread
{
    /// <summary>Runs a function.</summary>
    /// <param name="function">The work.</param>
    /// <param name="cancellationToken">Cancels work that has not begun; the function looks at it by itself.</param>
    /// <returns>Its result.</returns>
    public static Task<T> RunAsync<T>(Func<T> function, CancellationToken cancellationToken) =>
        Task.Factory.StartNew(function, cancellationToken, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    /// <summary>Runs an action.</summary>
    /// <param name="action">The work.</param>
    /// <param name="cancellationToken">Cancels work that has not begun; the action looks at it by itself.</param>
    /// <returns>Ends with the work.</returns>
    public static Task RunAsync(Action action, CancellationToken cancellationToken) =>
        Task.Factory.StartNew(action, cancellationToken, TaskCreationOptions.LongRunning, TaskScheduler.Default);
}
