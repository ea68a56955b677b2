namespace Ark.Tests.Core;

public class RandomStreamTests
{
    [Fact]
    public void Stream_gives_the_same_numbers_for_the_same_seed_and_path()
    {
        var first = new RandomStream(7, 1, 2, 3);
        var second = new RandomStream(7, 1, 2, 3);
        Assert.Equal(Enumerable.Range(0, 100).Select(_ => first.NextUInt64()), Enumerable.Range(0, 100).Select(_ => second.NextUInt64()));
    }

    [Fact]
    public void Stream_differs_when_seed_path_or_order_of_the_path_differ()
    {
        ulong[] firsts = [new RandomStream(7).NextUInt64(), new RandomStream(8).NextUInt64(), new RandomStream(7, 1).NextUInt64(),
            new RandomStream(7, 1, 2).NextUInt64(), new RandomStream(7, 2, 1).NextUInt64(), new RandomStream(7, 0).NextUInt64()];
        Assert.Equal(firsts.Length, firsts.Distinct().Count());
    }

    [Fact]
    public void Numbers_stay_the_same_between_versions()
    {
        var stream = new RandomStream(42, 1);
        Assert.Equal([stream.NextUInt64(), stream.NextUInt64()], PinnedNumbers);
    }

    private static readonly ulong[] PinnedNumbers = [2960362761719001476, 10370111355823485534];

    [FsCheck.Xunit.Property]
    public bool NextInt32_stays_below_its_bound(ulong seed, FsCheck.PositiveInt count)
    {
        var value = new RandomStream(seed).NextInt32(count.Get);
        return value >= 0 && value < count.Get;
    }

    [Fact]
    public void Normal_has_the_asked_mean_and_deviation()
    {
        var stream = new RandomStream(3);
        var values = Enumerable.Range(0, 50_000).Select(_ => stream.Normal(2, 0.5)).ToArray();
        var mean = values.Average();
        Assert.Equal(2, mean, 0.02);
        Assert.Equal(0.5, Math.Sqrt(values.Average(v => (v - mean) * (v - mean))), 0.02);
    }

    [FsCheck.Xunit.Property]
    public bool Shuffle_keeps_every_item(ulong seed, int[] items)
    {
        var shuffled = (int[])items.Clone();
        new RandomStream(seed).Shuffle<int>(shuffled);
        return items.Order().SequenceEqual(shuffled.Order());
    }
}
