using Ark.Data;

namespace Ark.Tests.Data;

public class JoinedMaskAdapterTests
{
    private static readonly string[] Organs = ["lungs", "heart"];

    [Fact]
    public async Task Structures_of_one_name_are_one_and_what_a_dataset_has_no_masks_of_is_left_out()
    {
        var (phantom, real) = (new Fixed(Organs, "p", 0b01, 0b10, 0b00), new Fixed(["ribs", "lungs"], "p", 0b10, 0b01, 0b00));
        var joined = new JoinedMaskAdapter([("Phantom", phantom), ("Real", real)]);
        Assert.Equal(["lungs", "heart", "ribs"], joined.Structures);
        var samples = await joined.ReadAsync(DatasetSplit.Train, TestContext.Current.CancellationToken);
        Assert.Equal(["Phantom/p", "Real/p"], samples.Select(s => s.PatientId));
        var maps = samples.Select(s => s.Masks.Load(new NetVipsImageDecoder(), 3, 1)).ToArray();
        Assert.Equal([0b001u, 0b010u, 0u], maps[0].Pixels);
        Assert.Equal([0b001u, 0b100u, 0u], maps[1].Pixels);
        Assert.All(maps[0].Ignored!, bits => Assert.Equal(0b100u, bits & 0b111));
        Assert.All(maps[1].Ignored!, bits => Assert.Equal(0b010u, bits & 0b111));
    }

    [Fact]
    public async Task What_a_dataset_leaves_out_itself_moves_with_its_structures_and_datasets_alike_leave_nothing_out()
    {
        var other = new Fixed(["heart", "lungs"], null, 0b01, 0b10, 0b00) { Ignored = (2, 0b01) };
        var joined = new JoinedMaskAdapter([("A", new Fixed(Organs, null, 0, 0, 0)), ("B", other)]);
        var samples = await joined.ReadAsync(DatasetSplit.Train, TestContext.Current.CancellationToken);
        Assert.All(samples, s => Assert.Null(s.PatientId));
        Assert.Null(samples[0].Masks.Load(new NetVipsImageDecoder(), 3, 1).Ignored);
        var map = samples[1].Masks.Load(new NetVipsImageDecoder(), 3, 1);
        Assert.Equal([0b10u, 0b01u, 0u], map.Pixels);
        Assert.Equal([0u, 0u, 0b10u], map.Ignored!);
        Assert.Equal(new Fixed.Source(other).Origin, samples[1].Masks.Origin);
    }

    private sealed class Fixed(IReadOnlyList<string> structures, string? patient, params uint[] pixels) : ISegmentationAdapter
    {
        public IReadOnlyList<string> Structures => structures;

        public (int Pixel, uint Bits)? Ignored { get; init; }

        public ValueTask<IReadOnlyList<SegmentationSample>> ReadAsync(DatasetSplit split, CancellationToken cancellationToken = default) =>
            ValueTask.FromResult<IReadOnlyList<SegmentationSample>>(
                [new SegmentationSample(new ImageFile("i.png"), new Source(this)) { PatientId = patient }]);

        public sealed class Source(Fixed from) : MaskSource
        {
            public override string Name => "fixed";

            internal override IEnumerable<(string Name, float[] Values)> Origin { get; } = [("fixed", [])];

            public override StructureMap Load(IImageDecoder decoder, int width, int height)
            {
                var map = new StructureMap(width, height, [.. from.Pixels]);
                if (from.Ignored is var (pixel, bits)) map.Ignore(pixel, bits);
                return map;
            }
        }

        private uint[] Pixels => pixels;
    }
}
