using Ark.Service;

namespace Ark.Tests.Service;

/// <summary>Bytes of uploads that are in memory at a time.</summary>
public class UploadBudgetTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task An_upload_without_room_waits_until_another_ends()
    {
        var budget = new UploadBudget(100);
        var first = budget.Lend();
        var second = budget.Lend();
        using var third = budget.Lend();
        await first.TakeAsync(60, Token);
        await second.TakeAsync(40, Token);
        var waiting = third.TakeAsync(10, Token).AsTask();
        Assert.False(waiting.IsCompleted);
        second.Dispose();
        await waiting;
        // The second's 40 less the third's 10.
        var more = third.TakeAsync(31, Token).AsTask();
        Assert.False(more.IsCompleted);
        first.Dispose();
        await more;
    }

    [Fact]
    public async Task The_oldest_is_read_on_whatever_the_others_hold()
    {
        var budget = new UploadBudget(100);
        var oldest = budget.Lend();
        using var other = budget.Lend();
        await other.TakeAsync(100, Token);
        await oldest.TakeAsync(1000, Token);
        var waiting = other.TakeAsync(1, Token).AsTask();
        Assert.False(waiting.IsCompleted);
        oldest.Dispose();
        // Now the other is the oldest.
        await waiting;
        await other.TakeAsync(1000, Token);
    }

    [Fact]
    public async Task Who_gives_up_leaves_nothing_behind()
    {
        var budget = new UploadBudget(100);
        using var oldest = budget.Lend();
        await oldest.TakeAsync(50, Token);
        using var stop = new CancellationTokenSource();
        var quitter = budget.Lend();
        await quitter.TakeAsync(50, Token);
        var waiting = quitter.TakeAsync(10, stop.Token).AsTask();
        using var next = budget.Lend();
        var served = next.TakeAsync(50, Token).AsTask();
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
        Assert.False(served.IsCompleted);
        quitter.Dispose();
        quitter.Dispose();
        await served;
        Assert.False(next.TakeAsync(1, Token).AsTask().IsCompleted);
    }
}
