using Ark.Phantom;

namespace Ark.Tests;

/// <summary>
/// Phantom radiographs of patients that no training has seen, in memory, and the teacher that was pretrained on the embedded phantom (half
/// precision).
/// </summary>
internal static class PhantomPictures
{
    private const ulong Seed = 424_242;

    public static readonly string Teacher = Fixture.PathOf("phantom_teacher", "teacher.safetensors");

    public static PhantomRadiograph Render(ulong patient, params PhantomFinding[] findings) =>
        PhantomGenerator.Render(Seed, new PhantomOptions { Patient = patient, Findings = findings });

    /// <summary>A finding and, as often, none or another one.</summary>
    public static IReadOnlyList<ImageSample> Samples(PhantomFinding finding, int count, ulong first)
    {
        var samples = new ImageSample[count];
        Parallel.For(0, count, i =>
        {
            PhantomFinding[] findings = (i % 4) switch
            {
                0 => [finding],
                1 => [finding, PhantomFinding.Cardiomegaly],
                2 => [],
                _ => [PhantomFinding.Mass],
            };
            samples[i] = new ImageSample(
                new Picture($"patient {first + (ulong)i}", Render(first + (ulong)i, findings).Image), [findings.Contains(finding) ? 1 : 0]);
        });
        return samples;
    }

    internal sealed class Picture(string name, RasterImage image) : ImageSource
    {
        public override string Name => name;

        public override RasterImage Load(IImageDecoder decoder) => image;
    }

    internal sealed class Dataset(LabelSchema labels, IReadOnlyList<ImageSample> validation, IReadOnlyList<ImageSample> test)
        : IDatasetAdapter
    {
        public LabelSchema Labels => labels;

        public ValueTask<IReadOnlyList<ImageSample>> ReadAsync(DatasetSplit split, CancellationToken cancellationToken = default) =>
            ValueTask.FromResult(split == DatasetSplit.Test ? test : validation);
    }
}
