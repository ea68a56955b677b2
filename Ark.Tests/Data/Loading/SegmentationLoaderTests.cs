using Ark.Data;

namespace Ark.Tests.Data;

public sealed class SegmentationLoaderTests : IDisposable
{
    // Only so that a loader which waits for ever fails the test.
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(10);
    private static readonly ViewSize Size = new(4, 4);

    private readonly DataFolder _folder = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Batches_are_the_same_whatever_the_number_of_workers_and_from_any_batch_on()
    {
        var one = Train(Loader(Samples(11), new() { BatchSize = 4, Workers = 1, Seed = 7 }), epoch: 3);
        var four = Train(Loader(Samples(11, id => Thread.Sleep(id % 3)), new() { BatchSize = 4, Workers = 4, Seed = 7 }), epoch: 3);
        var later = Train(Loader(Samples(11), new() { BatchSize = 4, Workers = 2, Seed = 7 }), epoch: 3, first: 1);
        var next = Train(Loader(Samples(11), new() { BatchSize = 4, Workers = 2, Seed = 7 }), epoch: 4);

        Assert.Equal([4, 4, 3], one.Select(b => b.Indices.Length));
        Assert.Equal(Enumerable.Range(0, 11), one.SelectMany(b => b.Indices).Order());
        AssertSame(one, four);
        AssertSame([.. one.Skip(1)], later);
        Assert.NotEqual(one.SelectMany(b => b.Indices), next.SelectMany(b => b.Indices));
    }

    [Fact]
    public void Order_of_an_epoch_is_the_recorded_one()
    {
        // A training that was begun before must go on with the same images.
        var read = Train(Loader(Samples(11), new() { BatchSize = 4, Seed = 7 }), epoch: 3);
        Assert.Equal([1, 10, 5, 4, 6, 7, 8, 0, 2, 9, 3], read.SelectMany(b => b.Indices));
    }

    [Fact]
    public void A_last_batch_of_one_sample_is_left_out_of_training_only()
    {
        var loader = Loader(Samples(9), new() { BatchSize = 4 });

        Assert.Equal(2, loader.TrainingBatchCount);
        Assert.Equal([0, 1], Train(loader).Select(b => b.Number));
        Assert.Equal(Enumerable.Range(0, 9), InOrder(loader).SelectMany(b => b.Indices));
    }

    [Fact]
    public void Bad_images_and_bad_masks_are_left_out_and_reported_once_when_the_policy_is_to_skip()
    {
        var skipped = new List<SkippedImage>();
        var samples = Samples(6, id => Error(id == 0, "image-0"), id => Error(id == 4, "mask-4"));
        var loader = Loader(samples, new() { BatchSize = 3, BadImages = BadImagePolicy.Skip, OnSkipped = skipped.Add });

        var read = InOrder(loader);
        Assert.Equal([[1, 2], [3, 5]], read.Select(b => b.Indices));
        AssertSame(read, InOrder(loader));
        var good = InOrder(Loader([samples[1], samples[2], samples[3], samples[5]], new() { BatchSize = 2 }));
        Assert.Equal(good.SelectMany(b => b.Images), read.SelectMany(b => b.Images));
        Assert.Equal(good.SelectMany(b => b.Masks), read.SelectMany(b => b.Masks));
        Assert.Equal(["image-0", "image-4"], skipped.Select(s => s.Image));
        Assert.Equal(["image-0: is truncated.", "mask-4: is truncated."], skipped.Select(s => s.Reason));
    }

    [Fact]
    public void A_training_batch_of_which_one_image_is_left_is_passed_over_and_counted()
    {
        var order = Train(Loader(Samples(9), new() { BatchSize = 3 })).SelectMany(b => b.Indices).ToArray();
        var samples = Samples(9, id => Error(id == order[3] || id == order[5], $"image-{id}"));
        var loader = Loader(samples, new() { BatchSize = 3, BadImages = BadImagePolicy.Skip });

        Assert.Equal(3, loader.TrainingBatchCount);
        Assert.Equal([0, 2], Train(loader).Select(b => b.Number));
        // The running statistics of evaluation need no second image.
        Assert.Equal(7, InOrder(loader).Sum(b => b.Indices.Length));
    }

    [Fact]
    public void A_training_pass_without_a_batch_of_two_good_images_is_an_error()
    {
        var samples = Samples(6, id => Error(id != 2, $"image-{id}"));
        var loader = Loader(samples, new() { BatchSize = 3, BadImages = BadImagePolicy.Skip, Source = "JSRT" });

        var e = Assert.Throws<ArkInputException>(() => Train(loader));

        Assert.Equal("JSRT", e.InputSource);
        Assert.Contains("no batch of its 6 images has 2", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_bad_mask_ends_the_reading_and_is_named_with_its_dataset_when_the_policy_is_to_stop()
    {
        var loader = Loader(Samples(6, onMask: id => Error(id == 3, "mask-3.png")), new() { BatchSize = 3, Source = "JSRT" });

        var e = Assert.Throws<ArkInputException>(() => InOrder(loader));

        Assert.Equal("mask-3.png", e.InputSource);
        Assert.Contains("'JSRT'", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Cancellation_ends_a_waiting_consumer_and_gives_every_buffer_back()
    {
        using var cancel = new CancellationTokenSource();
        using var entered = new ManualResetEventSlim();
        using var release = new ManualResetEventSlim();
        var pool = new BatchBufferPool();
        var samples = Samples(100, id =>
        {
            if (id != 5) return;
            entered.Set();
            release.Wait(Patience);
        });
        var loader = Loader(samples, new() { BatchSize = 2, Workers = 2, Pool = pool });

        var reading = Task.Run(() =>
        {
            foreach (var batch in loader.ReadInOrder(cancel.Token)) batch.Dispose();
        }, Cancellation);
        Assert.True(entered.Wait(Patience, Cancellation));
        await cancel.CancelAsync();
        release.Set();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => reading.WaitAsync(Patience, Cancellation));
        Assert.Equal(0, pool.InUseCount);
    }

    [Fact]
    public void Buffers_are_used_again_and_decoding_keeps_off_the_shared_threads()
    {
        var shared = 0;
        var samples = Samples(40, _ => Interlocked.Add(ref shared, Thread.CurrentThread.IsThreadPoolThread ? 1 : 0));
        var loader = Loader(samples, new() { BatchSize = 4, Workers = 2, Prefetch = 2 });
        var arrays = new HashSet<float[]>(ReferenceEqualityComparer.Instance);

        for (var epoch = 0; epoch < 3; epoch++)
        {
            foreach (var batch in loader.ReadForTraining(epoch, 0, augment: true, Cancellation))
            {
                arrays.Add(batch.Images);
                arrays.Add(batch.Targets);
                batch.Dispose();
            }
        }

        // Images and masks of the two in the making and the consumer's one.
        Assert.InRange(arrays.Count, 2, 6);
        Assert.Equal(0, shared);
    }

    [Fact]
    public void Pictures_are_kept_between_passes_and_loaders_as_far_as_the_limit_allows()
    {
        var loads = 0;
        var samples = Samples(6, _ => Interlocked.Increment(ref loads));
        // Grey pixels, and four bytes of structures for each.
        var kept = new KeptPictures(most: 4 * 5 * Size.Pixels);
        var loader = Loader(samples, new() { BatchSize = 3 }, kept);

        var first = InOrder(loader);
        Assert.Equal((6, 4), (loads, kept.Count));
        AssertSame(first, InOrder(loader));
        Assert.Equal(8, loads);
        AssertSame(first, InOrder(Loader(samples, new() { BatchSize = 3 }, kept)));
        Assert.Equal((10, 4), (loads, kept.Count));
    }

    [Fact]
    public void Cache_gives_the_same_bits_tells_sizes_apart_and_masks_keep_the_size_of_the_stored_picture()
    {
        Directory.CreateDirectory(_folder.Images);
        var samples = new List<SegmentationSample>();
        for (var i = 0; i < 3; i++)
        {
            var path = Path.Combine(_folder.Images, $"{i}.png");
            File.WriteAllBytes(path, TestPng.Write8(40, 30, TestPng.Grey, TestPng.Noise(40 * 30, (ulong)i)));
            samples.Add(new SegmentationSample(new ImageFile(path), new FakeMasks(i, null)));
        }

        var decoder = new NetVipsImageDecoder();
        using var cache = new ImageCache(Path.Combine(_folder.Images, "cache"));
        List<Copy> Read(ViewSize size, ImageCache? from)
        {
            var transform = new SegmentationTransform(size, 2, Normalization.None);
            var options = new BatchLoaderOptions { BatchSize = 2, Cache = from };
            return InOrder(new SegmentationLoader(samples, transform, decoder, options, new KeptPictures(most: 0)), size);
        }

        foreach (var size in (ViewSize[])[new(16, 16), new(32, 32)])
        {
            var plain = Read(size, null);
            AssertSame(plain, Read(size, cache));
            var before = cache.Hits;
            AssertSame(plain, Read(size, cache));
            Assert.Equal(3, cache.Hits - before);
        }
    }

    private static void Error(bool refused, string name)
    {
        if (refused) throw new ArkInputException(name, null, "is truncated");
    }

    private static SegmentationSample[] Samples(int count, Action<int>? onImage = null, Action<int>? onMask = null) =>
        [.. Enumerable.Range(0, count).Select(i => new SegmentationSample(new FakeImage(i, onImage), new FakeMasks(i, onMask)))];

    private static SegmentationLoader Loader(SegmentationSample[] samples, BatchLoaderOptions options, KeptPictures? kept = null) =>
        new(samples, new SegmentationTransform(Size, 2, Normalization.None), new NoDecoder(), options, kept ?? new KeptPictures());

    private static List<Copy> Train(SegmentationLoader loader, int epoch = 0, int first = 0) =>
        Copies(loader.ReadForTraining(epoch, first, augment: true, Cancellation), Size.Pixels);

    private static List<Copy> InOrder(SegmentationLoader loader, ViewSize? size = null) =>
        Copies(loader.ReadInOrder(Cancellation), (size ?? Size).Pixels);

    private static List<Copy> Copies(IEnumerable<LoadedBatch> batches, int pixels)
    {
        var all = new List<Copy>();
        foreach (var batch in batches)
        {
            var (images, masks) = (batch.Count * 3 * pixels, batch.Count * 2 * pixels);
            using (batch) all.Add(new Copy(batch.Number, [.. batch.Indices], batch.Images[..images], batch.Targets[..masks]));
        }

        return all;
    }

    private static void AssertSame(List<Copy> expected, List<Copy> actual)
    {
        Assert.Equal(expected.Count, actual.Count);
        Assert.All(expected.Zip(actual), p =>
        {
            Assert.Equal(p.First.Number, p.Second.Number);
            Assert.Equal(p.First.Indices, p.Second.Indices);
            Assert.Equal(p.First.Images, p.Second.Images);
            Assert.Equal(p.First.Masks, p.Second.Masks);
        });
    }

    private sealed record Copy(int Number, int[] Indices, float[] Images, float[] Masks);

    /// <summary>Masks in the size that they are asked for, which differ between samples and pixels.</summary>
    private sealed class FakeMasks(int id, Action<int>? onLoad) : MaskSource
    {
        public override string Name => $"mask-{id}";

        public override StructureMap Load(IImageDecoder decoder, int width, int height)
        {
            onLoad?.Invoke(id);
            var map = new StructureMap(width, height);
            for (var i = 0; i < map.Pixels.Length; i++) map.Pixels[i] = (uint)((id + i + (i / width)) & 3);
            return map;
        }
    }
}
