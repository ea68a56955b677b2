using Ark.Data;
using Ark.Tests;

namespace Ark.Fuzz;

internal sealed class CacheTarget : FuzzTarget
{
    private const int Side = 12;

    private static readonly NetVipsImageDecoder Decoder = new();
    private static readonly byte[] Picture = Encoded.Png(Encoded.Picture(20, 16, 3));
    private static readonly byte[] Mask = Encoded.Png(Encoded.Picture(20, 16, 1));

    public override string Name => "cache";

    public override string Description => "segments of the image cache (.arkcache)";

    public override bool Refuses => false;

    public override IReadOnlyList<byte[]> Seeds()
    {
        var folder = Directory.CreateTempSubdirectory("ark-fuzz-seed-");
        try
        {
            File.WriteAllBytes(Path.Combine(folder.FullName, "a.png"), Picture);
            File.WriteAllBytes(Path.Combine(folder.FullName, "mask.png"), Mask);
            var cache = Path.Combine(folder.FullName, "cache");
            Use(folder.FullName, cache);
            return [.. Directory.EnumerateFiles(cache).Select(File.ReadAllBytes)];
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    public override byte[] Mutate(byte[] seed, IReadOnlyList<byte[]> others, RandomStream random) => CacheRecords.Mutate(seed, random);

    public override void Run(byte[] input, Execution execution)
    {
        var folder = Path.Combine(execution.Folder, "cache");
        if (Directory.Exists(folder)) Directory.Delete(folder, recursive: true);
        execution.Write("a.png", Picture);
        execution.Write("mask.png", Mask);
        execution.Write("cache/0.arkcache", input);
        execution.Try("cache", () => Use(execution.Folder, folder));
    }

    private static string Use(string folder, string cacheFolder)
    {
        var path = Path.Combine(folder, "a.png");
        using var cache = new ImageCache(cacheFolder, 1 << 16);
        var hits = "";
        for (var pass = 0; pass < 2; pass++)
        {
            foreach (var transform in (IPreparingTransform[])[new EvaluationTransform(Side, Side), new TenCropTransform(Side, Side)])
            {
                var views = new float[transform.Views * 3 * Side * Side];
                var prepared = cache.GetOrAdd(path, Decoder, transform.Preparation, transform.PreparedSize, transform.Prepare);
                transform.ApplyPrepared(prepared, new RandomStream(1), views);
                if (!views.All(float.IsFinite)) throw new BrokenContractException("A view has values that are no numbers.");
            }

            var sample = new SegmentationSample(new ImageFile(path), new MaskFiles([[Path.Combine(folder, "mask.png")]]));
            var picture = CachedPicture.Of(sample, Decoder, new ViewSize(Side, Side), cache);
            if (picture.Image.Width != Side || picture.Image.Height != Side || picture.Masks.Length != Side * Side)
                throw new BrokenContractException("A kept picture has another size.");
            hits += $" {cache.Hits}";
        }

        return $"{Math.Min(cache.Count, 5)}{hits}";
    }
}
