using Ark.Data;

namespace Ark.Tests.Data;

/// <summary>A cache gives the views that decoding gives, and survives whatever happens to its files.</summary>
public sealed class ImageCacheTests : IDisposable
{
    // Decodes as the others do, and nothing at all: what comes out was kept.
    private static readonly NetVipsImageDecoder Blind = new(new ImageDecoderOptions { MaxBytes = 1 });

    private readonly DataFolder _folder = new();
    private readonly List<ImageSample> _samples = [];

    public ImageCacheTests()
    {
        Directory.CreateDirectory(_folder.Images);
        for (var i = 0; i < 5; i++)
        {
            var path = Path.Combine(_folder.Images, $"{i}.png");
            File.WriteAllBytes(path, Encoded.Png(Encoded.Picture(50 + i, 61, i % 2 == 0 ? 1 : 3)));
            _samples.Add(new ImageSample(new ImageFile(path), [i]));
        }
    }

    // Before the first entry of a segment.
    private const int SegmentHead = 16;

    private string CacheFolder => Path.Combine(_folder.Root, "cache");

    public void Dispose() => _folder.Dispose();

    public static TheoryData<string> Transforms => ["ark", "ark-plus", "evaluation", "ten-crop"];

    [Theory]
    [MemberData(nameof(Transforms))]
    public async Task Views_are_the_same_with_and_without_a_cache(string name)
    {
        IImageTransform transform = name switch
        {
            "ark" => new TrainingTransform(32, 32, AugmentationRecipe.Ark),
            "ark-plus" => new TrainingTransform(32, 32, AugmentationRecipe.ArkPlus),
            "evaluation" => new EvaluationTransform(32, 32),
            _ => new TenCropTransform(32, 32),
        };
        var expected = await Views(transform, null, new NetVipsImageDecoder());
        using (var cache = new ImageCache(CacheFolder)) Assert.Equal(expected, await Views(transform, cache, new NetVipsImageDecoder()));

        using var again = new ImageCache(CacheFolder);
        Assert.Equal(5, again.Count);
        Assert.Equal(expected, await Views(transform, again, Blind));
        Assert.Equal(5, again.Hits);
    }

    [Fact]
    public async Task A_moved_or_touched_file_is_found_by_its_content_and_a_changed_one_is_decoded()
    {
        var transform = new EvaluationTransform(32, 32);
        using var cache = new ImageCache(CacheFolder);
        await Views(transform, cache, new NetVipsImageDecoder());
        File.SetLastWriteTimeUtc(_samples[0].Image.Name, new DateTime(2020, 1, 1, 0, 0, 0, DateTimeKind.Utc));

        await Views(transform, cache, Blind);

        File.WriteAllBytes(_samples[0].Image.Name, Encoded.Png(Encoded.Picture(20, 20, 1)));
        Assert.Equal(await Views(transform, null, new NetVipsImageDecoder()), await Views(transform, cache, new NetVipsImageDecoder()));
        Assert.Equal(6, cache.Count);
    }

    [Fact]
    public async Task Another_preparation_or_manner_of_decoding_is_another_entry()
    {
        using var cache = new ImageCache(CacheFolder);
        await Views(new EvaluationTransform(32, 32), cache, new NetVipsImageDecoder());
        await Views(new EvaluationTransform(48, 48), cache, new NetVipsImageDecoder());
        await Views(new EvaluationTransform(32, 32), cache, new NetVipsImageDecoder(new ImageDecoderOptions { ClipSixteenBitGray = true }));

        Assert.Equal((15, 0), (cache.Count, cache.Hits));
    }

    [Fact]
    public async Task A_file_that_is_cut_off_or_damaged_loses_entries_and_nothing_else()
    {
        var transform = new EvaluationTransform(32, 32);
        var expected = await Views(transform, null, new NetVipsImageDecoder());
        using (var cache = new ImageCache(CacheFolder)) await Views(transform, cache, new NetVipsImageDecoder());
        var file = Assert.Single(Directory.GetFiles(CacheFolder));
        var whole = File.ReadAllBytes(file);
        Assert.InRange(whole.Length, 1, 100_000);
        var random = new RandomStream(3);
        for (var i = 0; i < 60; i++)
        {
            var bytes = i % 2 == 0 ? whole[..random.NextInt32(whole.Length)] : (byte[])whole.Clone();
            if (i % 2 == 1) bytes[random.NextInt32(bytes.Length)] ^= (byte)(1 << random.NextInt32(8));
            foreach (var old in Directory.GetFiles(CacheFolder)) File.Delete(old);
            File.WriteAllBytes(file, bytes);

            using var cache = new ImageCache(CacheFolder);
            Assert.Equal(expected, await Views(transform, cache, new NetVipsImageDecoder()));
        }
    }

    [Fact]
    public async Task A_file_that_is_cut_off_while_it_is_open_is_decoded_anew()
    {
        var transform = new EvaluationTransform(32, 32);
        var expected = await Views(transform, null, new NetVipsImageDecoder());
        using (var writer = new ImageCache(CacheFolder)) await Views(transform, writer, new NetVipsImageDecoder());
        using var cache = new ImageCache(CacheFolder);
        Assert.Equal(5, cache.Count);
        // Another user's doing: what a map of memory gave here ended the process.
        var path = Assert.Single(Directory.GetFiles(CacheFolder));
        using (var file = new FileStream(path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite)) file.SetLength(17);
        Assert.Equal(expected, await Views(transform, cache, new NetVipsImageDecoder()));
        Assert.Equal(0, cache.Hits);
    }

    [Theory]
    [InlineData(117, 4)]
    [InlineData(4, 117)]
    [InlineData(1, 1)]
    public async Task An_entry_of_another_size_is_not_used_whatever_its_checksums_say(int width, int height)
    {
        var transform = new EvaluationTransform(32, 32);
        var expected = await Views(transform, null, new NetVipsImageDecoder());
        using (var writer = new ImageCache(CacheFolder)) await Views(transform, writer, new NetVipsImageDecoder());
        Reshape(Assert.Single(Directory.GetFiles(CacheFolder)), width, height);
        using var cache = new ImageCache(CacheFolder);
        Assert.Equal(expected, await Views(transform, cache, new NetVipsImageDecoder()));
        Assert.Equal(0, cache.Hits);
    }

    [Theory]
    [InlineData(0, 10)]
    [InlineData(-1, 10)]
    [InlineData(int.MaxValue, int.MaxValue)]
    [InlineData(60_000, 60_000)]
    public void A_kept_picture_that_claims_an_impossible_origin_is_decoded(int width, int height)
    {
        var path = _samples[1].Image.Name;
        var sample = new SegmentationSample(new ImageFile(path), new MaskFiles([]));
        var size = new ViewSize(16, 16);
        using (var writer = new ImageCache(CacheFolder)) CachedPicture.Of(sample, new NetVipsImageDecoder(), size, writer);
        var file = Assert.Single(Directory.GetFiles(CacheFolder));
        var bytes = File.ReadAllBytes(file);
        Assert.True(CacheRecord.TryRead(bytes.AsSpan(SegmentHead), out var record));
        var payload = bytes.AsSpan(SegmentHead + CacheRecord.Length, (int)record.PayloadLength);
        var row = payload[^(record.Width * record.Channels)..];
        BitConverter.TryWriteBytes(row, width);
        BitConverter.TryWriteBytes(row[sizeof(int)..], height);
        (record with { Checksum = Crc32.Append(payload) }).Write(bytes.AsSpan(SegmentHead));
        File.WriteAllBytes(file, bytes);
        using var cache = new ImageCache(CacheFolder);
        Assert.Equal(256, CachedPicture.Of(sample, new NetVipsImageDecoder(), size, cache).Masks.Length);
    }

    [Fact]
    public async Task Folder_and_files_are_their_owners_alone()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Modes are those of Unix.");
        using (var cache = new ImageCache(CacheFolder)) await Views(new EvaluationTransform(32, 32), cache, new NetVipsImageDecoder());
        const UnixFileMode file = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        if (OperatingSystem.IsWindows()) return;
        Assert.Equal(file | UnixFileMode.UserExecute, File.GetUnixFileMode(CacheFolder));
        Assert.Equal(file, File.GetUnixFileMode(Assert.Single(Directory.GetFiles(CacheFolder))));
    }

    [Fact]
    public async Task Two_writers_share_a_folder()
    {
        var transform = new EvaluationTransform(32, 32);
        var expected = await Views(transform, null, new NetVipsImageDecoder());
        using (var first = new ImageCache(CacheFolder))
        using (var second = new ImageCache(CacheFolder))
        {
            var both = await Task.WhenAll(
                Views(transform, first, new NetVipsImageDecoder()), Views(transform, second, new NetVipsImageDecoder()));
            Assert.All(both, views => Assert.Equal(expected, views));
            // A third opens the folder while the others still write.
            using var third = new ImageCache(CacheFolder);
            Assert.Equal(5, third.Count);
            Assert.Equal(expected, await Views(transform, third, Blind));
        }

        using var later = new ImageCache(CacheFolder);
        Assert.Equal(expected, await Views(transform, later, Blind));
    }

    [Fact]
    public async Task A_full_file_is_followed_by_another()
    {
        var transform = new EvaluationTransform(32, 32);
        using (var cache = new ImageCache(CacheFolder, 3000)) await Views(transform, cache, new NetVipsImageDecoder());
        // How many there are depends on which worker finds a file full first.
        Assert.True(Directory.GetFiles(CacheFolder).Length >= 3);

        using var again = new ImageCache(CacheFolder);
        Assert.Equal(await Views(transform, null, new NetVipsImageDecoder()), await Views(transform, again, Blind));
    }

    [Fact]
    public async Task An_image_that_cannot_be_read_is_refused_as_without_a_cache_and_not_kept()
    {
        File.WriteAllText(_samples[2].Image.Name, "no picture");
        using var cache = new ImageCache(CacheFolder);
        for (var i = 0; i < 2; i++)
        {
            var e = await Assert.ThrowsAsync<ArkInputException>(() => Views(
                new EvaluationTransform(32, 32), cache, new NetVipsImageDecoder()));
            Assert.Contains("2.png: is not an image", e.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_folder_that_cannot_be_made_is_refused()
    {
        var file = _folder.Write("file", "");
        Assert.Contains(
            "the image cache cannot be opened",
            Assert.Throws<ArkInputException>(() => new ImageCache(Path.Combine(file, "cache"))).Message,
            StringComparison.Ordinal);
    }

    private async Task<List<float[]>> Views(IImageTransform transform, ImageCache? cache, IImageDecoder decoder)
    {
        var loader = new BatchLoader(
            _samples, transform, decoder, new BatchLoaderOptions { BatchSize = 2, Workers = 2, Seed = 9, Cache = cache });
        var views = new List<float[]>();
        await foreach (var batch in loader.ReadAsync(1, TestContext.Current.CancellationToken))
        {
            views.Add(batch.Images[..batch.ImagesLength]);
            batch.Dispose();
        }

        return views;
    }

    // As somebody would who may write there: every entry of a picture, with right checksums.
    private static void Reshape(string segment, int width, int height)
    {
        var bytes = File.ReadAllBytes(segment);
        using var changed = new MemoryStream();
        changed.Write(bytes, 0, SegmentHead);
        var head = new byte[CacheRecord.Length];
        for (var at = SegmentHead; at + CacheRecord.Length <= bytes.Length && CacheRecord.TryRead(bytes.AsSpan(at), out var record);)
        {
            var payload = bytes.AsSpan(at + CacheRecord.Length, (int)record.PayloadLength).ToArray();
            at += (CacheRecord.Length + payload.Length + 15) / 16 * 16;
            if (!record.IsAlias)
            {
                payload = new byte[width * height];
                record = record with { Width = width, Height = height, Channels = 1, Checksum = Crc32.Append(payload) };
            }

            record.Write(head);
            changed.Write(head);
            changed.Write(payload);
            while (changed.Length % 16 != 0) changed.WriteByte(0);
        }

        File.WriteAllBytes(segment, changed.ToArray());
    }
}
