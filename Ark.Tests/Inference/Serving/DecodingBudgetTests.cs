using Ark.Data;
using Ark.Inference;

namespace Ark.Tests.Inference;

/// <summary>Pictures in flight, counted in bytes.</summary>
public class DecodingBudgetTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Pictures_beyond_the_budget_wait_in_turn()
    {
        using var budget = new DecodingBudget(100, new ServingInstruments());
        budget.Take(60, Token);
        var large = await Begin(budget, 50, Token);
        // There is room for it, and it is not its turn.
        var small = await Begin(budget, 10, Token);
        budget.Give(60);
        await Task.WhenAll(large, small).WaitAsync(Patience, Token);
    }

    [Fact]
    public async Task A_picture_larger_than_the_budget_goes_through_alone()
    {
        using var budget = new DecodingBudget(100, new ServingInstruments());
        budget.Take(500, Token);
        var other = await Begin(budget, 1, Token);
        budget.Give(500);
        await other.WaitAsync(Patience, Token);
        var second = await Begin(budget, 500, Token);
        budget.Give(1);
        await second.WaitAsync(Patience, Token);
    }

    [Fact]
    public async Task Who_gives_up_makes_way_for_who_stands_behind()
    {
        using var budget = new DecodingBudget(100, new ServingInstruments());
        budget.Take(60, Token);
        using var impatient = CancellationTokenSource.CreateLinkedTokenSource(Token);
        var first = await Begin(budget, 100, impatient.Token);
        var second = await Begin(budget, 40, Token);
        await impatient.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first.WaitAsync(Patience, Token));
        await second.WaitAsync(Patience, Token);
        Assert.Equal(0, budget.Waiting);
    }

    [Fact]
    public async Task A_lease_counts_what_its_picture_takes_and_gives_it_back()
    {
        using var budget = new DecodingBudget(1000, new ServingInstruments());
        using (var lease = budget.Lend(Token))
        {
            // Twice 20 x 20; with what is made of it there is no room left.
            _ = lease.Through(new NetVipsImageDecoder()).Decode(TestPng.Write8(20, 20, TestPng.Grey, TestPng.Noise(400)), "picture");
            lease.Add(150);
            var waiting = await Begin(budget, 51, Token);
            lease.Dispose();
            await waiting.WaitAsync(Patience, Token);
        }

        await Task.Run(() => budget.Take(949, Token), Token).WaitAsync(Patience, Token);
    }

    [Fact]
    public void A_picture_announces_its_bytes_before_its_pixels_are_read()
    {
        long announced = 0;
        var decoder = new NetVipsImageDecoder().Announcing(b => announced = b);
        // Whole by its header, and without its pixels.
        var cut = TestPng.Write8(300, 200, TestPng.Rgb, TestPng.Noise(300 * 200 * 3))[..400];
        Assert.Throws<ArkInputException>(() => decoder.Decode(cut, "cut"));
        Assert.Equal(2 * 300 * 200 * 3, announced);
        Assert.Throws<OperationCanceledException>(() => new NetVipsImageDecoder()
            .Announcing(_ => throw new OperationCanceledException())
            .Decode(TestPng.Write8(20, 20, TestPng.Grey, TestPng.Noise(400)), "given up"));
    }

    [Theory]
    [InlineData(1500, 701)]
    [InlineData(30_000, 40)]
    public void A_large_picture_that_comes_in_strips_is_the_same(int width, int height)
    {
        var samples = TestPng.Noise(width * height * 3);
        var picture = new NetVipsImageDecoder().Decode(TestPng.Write8(width, height, TestPng.Rgb, samples), "large");
        Assert.Equal((width, height, 3), (picture.Width, picture.Height, picture.Channels));
        Assert.True(picture.Pixels.AsSpan().SequenceEqual(samples));
    }

    // Comes back when it waits.
    private static async Task<Task> Begin(DecodingBudget budget, long bytes, CancellationToken token)
    {
        var waiting = budget.Waiting;
        var task = Task.Factory.StartNew(
            () => budget.Take(bytes, token), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        while (budget.Waiting == waiting)
        {
            Assert.False(task.IsCompleted, "It should have waited.");
            await Task.Delay(1, Token);
        }

        return task;
    }
}
