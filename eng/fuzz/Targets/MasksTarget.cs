using Ark.Data;
using Ark.Tests;

namespace Ark.Fuzz;

internal sealed class MasksTarget : FuzzTarget
{
    private static readonly NetVipsImageDecoder Decoder = new(new ImageDecoderOptions { MaxPixels = 4 << 20, MaxBytes = 8 << 20 });

    private static readonly string[] Words =
        ["a.png", "mask.png", "map.png", "\t", ",", "lung", "heart", "0", "1", "255", "../a.png", "/a.png", "a.IMG", "images/a.png"];

    public override string Name => "masks";

    public override string Description => "masks and outlines of segmentation: lists, label maps, polygons";

    public override int SmokeExecutions => 300;

    public override long MaxAllocated(int length) => (256L << 20) + (4096L * length);

    public override IReadOnlyList<byte[]> Seeds()
    {
        var image = Encoded.Png(Encoded.Picture(16, 12, 1));
        var mask = TestPng.Write8(16, 12, TestPng.Grey, [.. Enumerable.Range(0, 192).Select(i => (byte)(i % 16 < 8 ? 0 : 255))]);
        var map = TestPng.Write8(16, 12, TestPng.Grey, [.. Enumerable.Range(0, 192).Select(i => (byte)(i % 3))]);
        var ribs = Samples.Text("""
            {"img":{"0":"a.png","1":"x/y/a.png"},"R1":{"0":[{"x":1,"y":1},{"x":10,"y":1.5},{"x":5,"y":9}],"1":null},
            "R2":{"0":"None","1":[{"x":0,"y":0},{"x":16,"y":0},{"x":16,"y":12},{"x":0,"y":12}]}}
            """);
        (string, byte[])[] files =
        [
            ("a.png", image), ("mask.png", mask), ("map.png", map), ("masks.txt", Samples.Text("a.png\tmask.png\tmask.png\n")),
            ("map.txt", Samples.Text("a.png,map.png\n")), ("ribs.json", ribs), ("names.txt", Samples.Text("a.png\n")),
        ];
        var half = TestPng.Write8(8, 6, TestPng.Grey, TestPng.Noise(48));
        return
        [
            Bundle.Write(files), Bundle.Write([.. files.Select(f => f.Item1 == "mask.png" ? (f.Item1, half) : f)]),
            Bundle.Write([.. files.Select(f => f.Item1 == "map.png" ? (f.Item1, TestGif.Write(16, 12, new byte[192])) : f)]),
        ];
    }

    public override byte[] Mutate(byte[] seed, IReadOnlyList<byte[]> others, RandomStream random) =>
        Bundle.Mutate(seed, (name, content) => Path.GetExtension(name) switch
        {
            ".json" => JsonMutations.Apply(content, Bundle.Of(others, name, random), random),
            ".txt" => TextMutations.Apply(content, [content], "\t,", Words, random),
            _ => PngChunks.Mutate(content, [content], random),
        }, random);

    public override byte[] MutatePlainly(byte[] seed, IReadOnlyList<byte[]> others, RandomStream random) =>
        Bundle.Mutate(seed, (_, content) => ByteMutations.Apply(content, [content], random), random);

    public override void Run(byte[] input, Execution execution)
    {
        foreach (var (name, content) in Bundle.Read(input)) execution.Write(name, content);
        // The folder's own layouts find the same files by other names.
        foreach (var (from, to) in new[] { ("mask.png", "masks/lung/a.png"), ("mask.png", "masks/heart/a.png") })
        {
            var source = Path.Combine(execution.Folder, from);
            if (File.Exists(source)) execution.Write(to, File.ReadAllBytes(source));
        }

        Try(execution, "mask-list", "masks.txt", "lung", "heart");
        Try(execution, "mask-list", "map.txt", "lung", "heart");
        Try(execution, "mask-folder", "names.txt", "lung", "heart");
        Try(execution, "vindr-ribcxr", "ribs.json", "R1", "R2");
    }

    private static void Try(Execution execution, string adapter, string list, params string[] structures) => execution.Try(list, () =>
    {
        var samples = new SegmentationAdapterRegistry().Create(new DatasetDefinition
        {
            Name = "Fuzz",
            Adapter = adapter,
            DataDirectory = execution.Folder,
            TrainList = Path.Combine(execution.Folder, list),
            Labels = new LabelSchema(LabelTask.MultiLabel, structures),
        }, null!).ReadAsync(DatasetSplit.Train).AsTask().GetAwaiter().GetResult();
        var covered = 0;
        foreach (var sample in samples.Take(4))
            covered += PreparedPicture.Of(sample, Decoder, new ViewSize(8, 8)).Masks.Count(m => m != 0);
        return $"{Math.Min(samples.Count, 3)} {covered > 0}";
    });
}
