using Ark.Data;
using Ark.Inference;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;

namespace Ark.Tests.Inference;

/// <summary>A segmentation network in a host.</summary>
public class ArkSegmenterTests(MaskedPhantom phantom) : IClassFixture<MaskedPhantom>
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Concurrent_callers_get_what_a_single_one_gets()
    {
        await using var host = phantom.Host(o => o.MaxConcurrency = 4);
        var segmenter = host.GetRequiredService<IArkSegmenter>();
        Assert.Same(segmenter, host.GetRequiredKeyedService<IArkSegmenter>("organs"));
        var expected = new List<byte[]>();
        for (var i = 0; i < 6; i++) expected.Add((await segmenter.SegmentAsync(Picture(i), Cancellation)).LabelMap().Pixels);
        var calls = Enumerable.Range(0, 48)
            .Select(i => Task.Run(async () => (await segmenter.SegmentAsync(Picture(i % 6), Cancellation)).LabelMap().Pixels))
            .ToArray();
        for (var i = 0; i < calls.Length; i++) Assert.Equal(expected[i % 6], await calls[i]);
        Assert.Contains(expected, e => e.Any(p => p != 0));
    }

    [Fact]
    public async Task Masks_have_the_grid_of_the_picture_and_agree_with_label_map_and_measurements()
    {
        await using var host = phantom.Host();
        var found = await host.GetRequiredService<IArkSegmenter>().SegmentAsync(
            new DataContent(await File.ReadAllBytesAsync(phantom.Picture, Cancellation), "image/png") { Name = "triage" }, Cancellation);
        Assert.Equal(("triage", 160, 160), (found.Name, found.Width, found.Height));
        Assert.Equal(["lungs", "heart", "clavicles", "ribs"], found.Structures);
        var labels = found.LabelMap().Pixels;
        for (var i = 0; i < labels.Length; i++)
            Assert.Equal(1 + Enumerable.Range(0, 4).LastOrDefault(k => found.Mask(found.Structures[k])[i], -1), labels[i]);
        Assert.Equal(found.Mask("LUNGS").Count(p => p), found.Measurements.Areas[0].Pixels);
        Assert.Equal(3, found.Overlay().Channels);
        Assert.Throws<ArgumentException>(() => found.Mask("liver"));
    }

    [Fact]
    public async Task Masks_are_cleaned_unless_a_host_wants_them_as_the_network_finds_them()
    {
        await using var host = phantom.Host();
        await using var raw = phantom.Host(o => o.RawMasks = true);
        using var model = LoadedSegmenter.Load(phantom.Checkpoint);
        var changed = 0;
        for (var i = 0; i < 6; i++)
        {
            var (cleaned, found) = (
                await host.GetRequiredService<IArkSegmenter>().SegmentAsync(Picture(i), Cancellation),
                await raw.GetRequiredService<IArkSegmenter>().SegmentAsync(Picture(i), Cancellation));
            foreach (var (k, structure) in model.Structures.Index())
            {
                var mask = new Mask(found.Width, found.Height, [.. found.Mask(structure)]);
                if (structure != "ribs") MaskCleaning.Clean(mask);
                Assert.Equal(mask.Pixels, cleaned.Mask(structure));
                if (!found.Mask(structure).SequenceEqual(cleaned.Mask(structure))) changed++;
                Assert.Equal(cleaned.Measurements.Areas[k].Pixels, mask.Area);
            }
        }

        Assert.True(changed > 0);
    }

    [Fact]
    public async Task A_bad_image_fails_its_caller_alone_and_one_who_gives_up_leaves_the_others_alone()
    {
        await using var host = phantom.Host(o => o.MaxConcurrency = 1);
        var segmenter = host.GetRequiredService<IArkSegmenter>();
        using var impatient = new CancellationTokenSource();
        var (bad, left, good) = (
            segmenter.SegmentAsync(new EncodedImage(new byte[7], "cut"), Cancellation),
            segmenter.SegmentAsync(Picture(1), impatient.Token),
            segmenter.SegmentAsync(Picture(2), Cancellation));
        await impatient.CancelAsync();
        Assert.Contains("cut", (await Assert.ThrowsAsync<ArkInputException>(() => bad)).Message, StringComparison.Ordinal);
        Assert.Equal(128, (await good).Width);
        // It may have been through before the other gave up.
        Assert.True(await Record.ExceptionAsync(() => left) is null or OperationCanceledException);
    }

    [Fact]
    public async Task A_host_that_shuts_down_refuses_who_comes_later()
    {
        var host = phantom.Host();
        var segmenter = host.GetRequiredService<IArkSegmenter>();
        await segmenter.SegmentAsync(Picture(1), Cancellation);
        await host.DisposeAsync();
        await Assert.ThrowsAsync<ObjectDisposedException>(() => segmenter.SegmentAsync(Picture(1), Cancellation));
    }

    [Fact]
    public void Adapters_of_a_host_are_known_by_name()
    {
        var services = new ServiceCollection();
        services.AddArk().AddSegmentationAdapter<Nothing>("nothing");
        using var host = services.BuildServiceProvider();
        var definition = new DatasetDefinition
        {
            Name = "Set",
            Adapter = "nothing",
            DataDirectory = ".",
            Labels = new LabelSchema(LabelTask.MultiLabel, ["lungs"]),
        };
        Assert.Equal(["lungs"], host.GetRequiredService<SegmentationAdapterRegistry>().Create(definition, host).Structures);
    }

    [Fact]
    public void One_lung_alone_gives_no_cardiothoracic_ratio_and_names_are_taken_as_they_are_written()
    {
        static Mask Columns(int first, int last) => new(10, 2, [.. Enumerable.Range(0, 20).Select(i => i % 10 >= first && i % 10 <= last)]);
        static ImageSegmentation Found(string[] structures, params Mask[] masks) =>
            new("x", new RasterImage(10, 2, 1, new byte[20]), structures, masks);
        string[] names = ["left_lung", "right_lung", "heart"];
        Assert.Equal(0.5, Found(names, Columns(6, 9), Columns(0, 3), Columns(3, 7)).Measurements.CardiothoracicRatio);
        Assert.Null(Found(names, Columns(6, 9), Columns(1, 0), Columns(3, 7)).Measurements.CardiothoracicRatio);
        Assert.Null(Found(names, Columns(6, 9), Columns(0, 3), Columns(1, 0)).Measurements.CardiothoracicRatio);
        var alike = Found(["heart", "Heart"], Columns(0, 0), Columns(1, 2));
        Assert.Equal([2, 4, 2], new[] { "heart", "Heart", "HEART" }.Select(n => alike.Mask(n).Count(p => p)));
    }

    private static PhantomPictures.Picture Picture(int patient) => new($"patient {patient}", PhantomPictures.Render((ulong)patient).Image);

    private sealed class Nothing(DatasetDefinition definition) : ISegmentationAdapter
    {
        public IReadOnlyList<string> Structures => definition.Labels.Names;

        public ValueTask<IReadOnlyList<SegmentationSample>> ReadAsync(DatasetSplit split, CancellationToken cancellationToken = default) =>
            throw new NotSupportedException();
    }
}
