using Ark.Data;

namespace Ark.Tests.Data;

public sealed class BatchLoaderTests
{
    // Only so that a loader which waits for ever fails the test.
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(10);

    private sealed record Copy(int[] Indices, float[] Images, float[] Targets);

    [Fact]
    public async Task Batches_come_in_list_order_with_a_short_last_one_when_nothing_is_shuffled()
    {
        var batches = await ReadAll(Loader(FakeImage.Samples(10), new() { BatchSize = 4, Workers = 3 }));

        Assert.Equal([4, 4, 2], batches.Select(b => b.Indices.Length));
        Assert.Equal(Enumerable.Range(0, 10), batches.SelectMany(b => b.Indices));
        Assert.Equal(Enumerable.Range(0, 10).SelectMany(i => new float[] { i, -i }), batches.SelectMany(b => b.Targets));
        Assert.All(batches, b => Assert.All(b.Indices.Index(), i => Assert.Equal(i.Item, b.Images[i.Index * 36])));
    }

    [Theory]
    [InlineData(true, 2)]
    [InlineData(false, 3)]
    public async Task A_last_batch_that_is_not_full_is_left_out_only_when_asked(bool dropLast, int expected)
    {
        var loader = Loader(FakeImage.Samples(10), new() { BatchSize = 4, DropLast = dropLast });

        Assert.Equal(expected, loader.BatchCount);
        Assert.Equal(expected, (await ReadAll(loader)).Count);
    }

    [Theory]
    [InlineData(BadImagePolicy.Stop)]
    [InlineData(BadImagePolicy.Skip)]
    public async Task One_worker_and_four_give_the_same_bits(BadImagePolicy policy)
    {
        async Task<List<Copy>> Read(int workers)
        {
            var samples = FakeImage.Samples(101, id =>
            {
                Thread.Sleep(id % 7 == 0 ? 2 : 0);
                if (policy == BadImagePolicy.Skip && id % 10 == 3) throw new ArkInputException("x", null, "is bad");
            });
            return await ReadAll(
                Loader(samples, new() { BatchSize = 8, Workers = workers, Shuffle = true, Seed = 5, DatasetKey = 2, BadImages = policy }),
                epoch: 3);
        }

        var one = await Read(1);
        var four = await Read(4);

        Assert.Equal(one.Count, four.Count);
        Assert.All(one.Zip(four), p =>
        {
            Assert.Equal(p.First.Indices, p.Second.Indices);
            Assert.Equal(p.First.Images, p.Second.Images);
            Assert.Equal(p.First.Targets, p.Second.Targets);
        });
    }

    [Fact]
    public async Task Every_epoch_dataset_and_seed_has_its_own_order_of_the_same_samples_and_its_own_draws()
    {
        async Task<List<Copy>> Read(ulong seed, ulong dataset, ulong epoch) =>
            await ReadAll(
                Loader(FakeImage.Samples(50), new() { BatchSize = 50, Shuffle = true, Seed = seed, DatasetKey = dataset }), epoch);

        var all = new[] { (await Read(1, 0, 0))[0], (await Read(2, 0, 0))[0], (await Read(1, 1, 0))[0], (await Read(1, 0, 1))[0] };

        Assert.All(all, b => Assert.Equal(Enumerable.Range(0, 50), b.Indices.Order()));
        Assert.Equal(4, all.Select(b => string.Join(',', b.Indices)).Distinct(StringComparer.Ordinal).Count());
        // The draws of sample 0, wherever it stands.
        Assert.Equal(4, all.Select(b => b.Images[(Array.IndexOf(b.Indices, 0) * 36) + 18]).Distinct().Count());
        Assert.Equal((await Read(1, 0, 0))[0].Images, all[0].Images);
    }

    [Fact]
    public async Task A_bad_image_ends_the_reading_when_its_batch_is_due_and_is_named_with_its_list()
    {
        var samples = FakeImage.Samples(12, id =>
        {
            if (id is 6 or 7) throw new ArkInputException($"image-{id}", null, "is truncated");
        });
        var loader = Loader(samples, new() { BatchSize = 3, Workers = 4, Source = "train.txt" });
        var seen = new List<int>();

        var e = await Assert.ThrowsAsync<ArkInputException>(async () =>
        {
            await foreach (var batch in loader.ReadAsync(0, TestContext.Current.CancellationToken))
            {
                using (batch) seen.AddRange(batch.Indices);
            }
        });

        Assert.Equal(Enumerable.Range(0, 6), seen);
        Assert.Equal("image-6", e.InputSource);
        Assert.Contains("is truncated", e.Message, StringComparison.Ordinal);
        Assert.Contains("train.txt", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_bad_image_is_left_out_and_reported_once_when_the_policy_is_to_skip()
    {
        var skipped = new List<SkippedImage>();
        var samples = FakeImage.Samples(9, id =>
        {
            if (id is 1 or 3 or 4 or 5) throw new ArkInputException($"image-{id}", null, "is truncated");
        });
        var loader = Loader(samples, new() { BatchSize = 3, Workers = 2, BadImages = BadImagePolicy.Skip, OnSkipped = skipped.Add });

        var first = await ReadAll(loader);
        var second = await ReadAll(loader, epoch: 1);

        Assert.Equal([[0, 2], [6, 7, 8]], first.Select(b => b.Indices));
        Assert.Equal([0f, 0, 2, -2], first[0].Targets);
        Assert.Equal(2f, first[0].Images[36]);
        Assert.Equal(first.Select(b => b.Indices), second.Select(b => b.Indices));
        Assert.Equal([1, 3, 4, 5], skipped.Select(s => s.Index));
        Assert.Equal("image-1: is truncated.", skipped[0].Reason);
        Assert.Equal("image-1", skipped[0].Image);
    }

    [Fact]
    public async Task An_epoch_in_which_every_image_is_bad_is_an_error_even_when_the_policy_is_to_skip()
    {
        var samples = FakeImage.Samples(5, _ => throw new ArkInputException("x", null, "is bad"));
        var loader = Loader(samples, new() { BadImages = BadImagePolicy.Skip, Source = "val.txt" });

        var e = await Assert.ThrowsAsync<ArkInputException>(() => ReadAll(loader));

        Assert.Equal("val.txt", e.InputSource);
    }

    [Fact]
    public async Task A_defect_in_the_transform_is_never_skipped()
    {
        var samples = FakeImage.Samples(5, id => _ = id == 2 ? throw new InvalidOperationException("a defect") : 0);
        var loader = Loader(samples, new() { BatchSize = 2, BadImages = BadImagePolicy.Skip });

        Assert.Equal("a defect", (await Assert.ThrowsAsync<InvalidOperationException>(() => ReadAll(loader))).Message);
    }

    [Fact]
    public async Task Workers_go_no_further_ahead_than_the_bound()
    {
        var (loads, released, furthest) = (0, 0, 0);
        var gate = new Lock();
        var loader = Loader(FakeImage.Samples(100, _ =>
        {
            lock (gate) furthest = Math.Max(furthest, ++loads - (5 * released));
        }), new() { BatchSize = 5, Workers = 4, Prefetch = 3 });
        await using var reading = loader
            .ReadAsync(0, TestContext.Current.CancellationToken)
            .GetAsyncEnumerator(TestContext.Current.CancellationToken);

        // Every load counts how far ahead it is, so nobody has to wait and see whether another comes.
        while (await reading.MoveNextAsync())
        {
            await Until(() => Volatile.Read(ref loads) == Math.Min(100, 5 * (released + 3)));
            lock (gate) released++;
            reading.Current.Dispose();
        }

        Assert.Equal((100, 20, 15), (loads, released, furthest));
    }

    [Fact]
    public async Task A_slow_image_holds_up_its_batch_while_the_others_are_prepared()
    {
        using var release = new ManualResetEventSlim();
        var loads = 0;
        var samples = FakeImage.Samples(12, id =>
        {
            if (id == 0) release.Wait(Patience);
            else Interlocked.Increment(ref loads);
        });
        var loader = Loader(samples, new() { BatchSize = 3, Workers = 2, Prefetch = 4 });
        await using var reading = loader
            .ReadAsync(0, TestContext.Current.CancellationToken)
            .GetAsyncEnumerator(TestContext.Current.CancellationToken);

        var first = reading.MoveNextAsync().AsTask();
        await Until(() => Volatile.Read(ref loads) == 11);
        Assert.False(first.IsCompleted);
        release.Set();

        Assert.True(await first.WaitAsync(Patience, TestContext.Current.CancellationToken));
        Assert.Equal([0, 1, 2], reading.Current.Indices);
    }

    [Fact]
    public async Task Cancellation_ends_a_waiting_consumer_promptly_and_stops_the_workers()
    {
        using var cancel = new CancellationTokenSource();
        using var release = new ManualResetEventSlim();
        var loads = 0;
        var samples = FakeImage.Samples(1000, id =>
        {
            Interlocked.Increment(ref loads);
            if (id == 5) release.Wait(Patience);
        });
        var loader = Loader(samples, new() { BatchSize = 2, Workers = 2, Prefetch = 2 });

        var reading = Task.Run(async () =>
        {
            await foreach (var batch in loader.ReadAsync(0, cancel.Token)) batch.Dispose();
        }, TestContext.Current.CancellationToken);
        await Until(() => Volatile.Read(ref loads) >= 6);
        await cancel.CancelAsync();
        release.Set();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => reading.WaitAsync(Patience, TestContext.Current.CancellationToken));
        var atEnd = Volatile.Read(ref loads);
        await Task.Delay(50, TestContext.Current.CancellationToken);
        Assert.Equal(atEnd, Volatile.Read(ref loads));
        Assert.InRange(atEnd, 6, 10);
    }

    [Fact]
    public async Task Leaving_the_loop_early_stops_the_workers_and_the_loader_can_read_again()
    {
        var running = 0;
        var samples = FakeImage.Samples(200, _ =>
        {
            Interlocked.Increment(ref running);
            Thread.Sleep(1);
            Interlocked.Decrement(ref running);
        });
        var loader = Loader(samples, new() { BatchSize = 4, Workers = 4 });

        for (var i = 0; i < 20; i++)
        {
            await foreach (var batch in loader.ReadAsync((ulong)i, TestContext.Current.CancellationToken))
            {
                batch.Dispose();
                break;
            }

            Assert.Equal(0, Volatile.Read(ref running));
        }

        Assert.Equal(50, (await ReadAll(loader)).Count);
    }

    [Fact]
    public async Task Buffers_are_used_again_and_a_disposed_batch_refuses_access()
    {
        var loader = Loader(FakeImage.Samples(400), new() { BatchSize = 4, Workers = 2, Prefetch = 2 });
        var arrays = new HashSet<float[]>(ReferenceEqualityComparer.Instance);
        Batch? last = null;

        for (ulong epoch = 0; epoch < 3; epoch++)
        {
            await foreach (var batch in loader.ReadAsync(epoch, TestContext.Current.CancellationToken))
            {
                arrays.Add(batch.Images);
                batch.Dispose();
                batch.Dispose();
                last = batch;
            }
        }

        // 300 batches share the buffers of the two in the making and the consumer's one.
        Assert.InRange(arrays.Count, 1, 3);
        Assert.Throws<ObjectDisposedException>(() => last!.Images);
    }

    [Fact]
    public async Task Loaders_that_share_a_pool_keep_no_more_buffers_than_one_of_them_uses()
    {
        var pool = new BatchBufferPool();
        var options = new BatchLoaderOptions { BatchSize = 4, Workers = 2, Prefetch = 2, Pool = pool };

        foreach (var count in new[] { 40, 41, 3, 40 }) await ReadAll(Loader(FakeImage.Samples(count), options));

        Assert.InRange(pool.IdleCount, 1, 3);
    }

    [Fact]
    public async Task Every_buffer_comes_back_when_a_reading_is_left_cancelled_or_fails()
    {
        var pool = new BatchBufferPool();
        var options = new BatchLoaderOptions { BatchSize = 4, Workers = 2, Prefetch = 3, Pool = pool };
        using var cancel = new CancellationTokenSource();

        await foreach (var batch in Loader(FakeImage.Samples(40), options).ReadAsync(0, TestContext.Current.CancellationToken))
        {
            batch.Dispose();
            break;
        }

        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            await foreach (var batch in Loader(FakeImage.Samples(40), options).ReadAsync(0, cancel.Token))
            {
                batch.Dispose();
                await cancel.CancelAsync();
            }
        });
        await Assert.ThrowsAsync<ArkInputException>(() => ReadAll(
            Loader(FakeImage.Samples(40, id => _ = id == 9 ? throw new ArkInputException("x", null, "is bad") : 0), options)));

        Assert.Equal(0, pool.InUseCount);
        Assert.Equal(3, pool.IdleCount);
    }

    [Fact]
    public async Task Two_readings_of_one_loader_do_not_disturb_each_other()
    {
        var loader = Loader(FakeImage.Samples(60), new() { BatchSize = 7, Workers = 2, Shuffle = true });

        var both = await Task.WhenAll(Task.Run(() => ReadAll(loader, 1)), Task.Run(() => ReadAll(loader, 1)));

        Assert.Equal(both[0].SelectMany(b => b.Indices), both[1].SelectMany(b => b.Indices));
        Assert.Equal(both[0].SelectMany(b => b.Images), both[1].SelectMany(b => b.Images));
    }

    private static BatchLoader Loader(ImageSample[] samples, BatchLoaderOptions options) =>
        new(samples, new FakeTransform(), new NoDecoder(), options);

    private static async Task<List<Copy>> ReadAll(BatchLoader loader, ulong epoch = 0)
    {
        var all = new List<Copy>();
        await foreach (var batch in loader.ReadAsync(epoch, TestContext.Current.CancellationToken))
        {
            using (batch) all.Add(new Copy([.. batch.Indices], batch.Images[..batch.ImagesLength], batch.Targets[..batch.TargetsLength]));
        }

        return all;
    }

    private static async Task Until(Func<bool> condition)
    {
        var deadline = DateTimeOffset.UtcNow + Patience;
        while (!condition())
        {
            Assert.True(DateTimeOffset.UtcNow < deadline, "Waited too long.");
            await Task.Delay(5, TestContext.Current.CancellationToken);
        }
    }
}
