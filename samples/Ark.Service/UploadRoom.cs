namespace Ark.Service;

/// <summary>One upload's part of the budget. An upload is read by one caller; the fields are the budget's.</summary>
internal sealed class UploadRoom(UploadBudget budget) : IDisposable
{
    internal long Held { get; set; }

    internal (long Bytes, TaskCompletionSource Admitted)? Wanted { get; set; }

    /// <summary>Takes more bytes, once there is room for them.</summary>
    /// <exception cref="OperationCanceledException">The caller gave up.</exception>
    public ValueTask TakeAsync(long bytes, CancellationToken cancellationToken) => budget.TakeAsync(this, bytes, cancellationToken);

    public void Dispose() => budget.Give(this);
}
