using Ark.Data;
using Ark.Phantom;

namespace Ark.Tests.Data;

public class SegmentationTransformTests
{
    private static readonly ViewSize Size = new(64, 64);

    [Fact]
    public void Picture_and_masks_move_together_and_masks_get_no_values_between()
    {
        // A picture that is its own mask: wherever it moves, both must agree, but for the border that the picture blurs.
        var transform = new SegmentationTransform(Size, 2, Normalization.None);
        var picture = Disc();
        var moved = 0;
        for (var draw = 0UL; draw < 60; draw++)
        {
            var (image, target) = (new float[3 * Size.Pixels], new float[2 * Size.Pixels]);
            transform.Write(picture, new RandomStream(draw), image, target);
            Assert.All(target, t => Assert.True(t is 0 or 1));
            var inside = Enumerable.Range(0, Size.Pixels).Where(i => target[i] == 1).ToArray();
            var outside = Enumerable.Range(0, Size.Pixels).Where(i => target[i] == 0).ToArray();
            // Brightness and contrast keep the order; a nearest mask and a linear picture disagree by half a pixel at most.
            var border = (inside.Min(i => image[i]), outside.Max(i => image[i]));
            var middle = (inside.Average(i => image[i]) + outside.Average(i => image[i])) / 2;
            Assert.True(inside.Count(i => image[i] < middle) + outside.Count(i => image[i] > middle) <= 40, $"draw {draw}: {border}");
            Assert.Equal(target[..Size.Pixels].Select(t => 1 - t), target[Size.Pixels..]);
            if (!inside.SequenceEqual(Enumerable.Range(0, Size.Pixels).Where(i => (picture.Masks[i] & 1) != 0))) moved++;
        }

        Assert.InRange(moved, 15, 45);
    }

    [Fact]
    public void Ignored_pixels_are_missing_in_the_target_and_move_with_the_picture()
    {
        // Where the disc is, nobody knows of structure 1.
        var whole = Disc();
        var picture = whole with { Ignored = [.. whole.Masks.Select(m => m == 1 ? 2u : 0)] };
        foreach (var framing in (bool[])[false, true])
        {
            var transform = new SegmentationTransform(Size, 2, Normalization.None) { VariesFraming = framing };
            for (var draw = 0UL; draw < 40; draw++)
            {
                var (image, target) = (new float[3 * Size.Pixels], new float[2 * Size.Pixels]);
                transform.Write(picture, draw == 0 ? null : new RandomStream(draw), image, target);
                var (disc, missing) = (target[..Size.Pixels], target[Size.Pixels..]);
                Assert.All(disc, t => Assert.True(t is 0 or 1));
                Assert.Equal(disc.Select(t => t == 1), missing.Select(float.IsNaN));
                Assert.Contains(1f, disc);
            }
        }
    }

    [Fact]
    public void Varied_quality_blurs_and_changes_grey_levels_but_leaves_masks_where_they_are()
    {
        var (plain, varied) = (
            new SegmentationTransform(Size, 2, Normalization.None),
            new SegmentationTransform(Size, 2, Normalization.None) { VariesQuality = true });
        var picture = Disc();
        var (levels, blurred) = (new HashSet<float>(), 0);
        for (var draw = 0UL; draw < 60; draw++)
        {
            var (image, target) = (new float[3 * Size.Pixels], new float[2 * Size.Pixels]);
            varied.Write(picture, new RandomStream(draw), image, target);
            var (inside, outside) = (Median(image, target, 1), Median(image, target, 0));
            // The curve keeps the order, and presses levels together to two fifths at most, of which the steepest gamma leaves a fifth.
            Assert.True(inside - outside > 0.06 * (180 - 60) / 255, $"draw {draw}: {inside} and {outside}");
            levels.Add(MathF.Round(inside, 2));
            // Between the two levels lies nothing but the border; where that is wide, the picture was coarse.
            var between = Enumerable.Range(0, Size.Pixels).Count(i => image[i] > outside + (0.2f * (inside - outside))
                && image[i] < inside - (0.2f * (inside - outside)));
            if (between > 40) blurred++;
        }

        Assert.True(levels.Count > 20, $"{levels.Count} levels");
        Assert.InRange(blurred, 15, 45);

        // Without a stream it is what it is for validation: the picture as it is.
        var (one, other, masks) = (new float[3 * Size.Pixels], new float[3 * Size.Pixels], new float[2 * Size.Pixels]);
        plain.Write(picture, null, one, masks);
        varied.Write(picture, null, other, masks);
        Assert.Equal(one, other);

        static float Median(float[] image, float[] target, float value)
        {
            float[] found = [.. Enumerable.Range(0, Size.Pixels).Where(i => target[i] == value).Select(i => image[i]).Order()];
            return found[found.Length / 2];
        }
    }

    [Fact]
    public void Nothing_moves_without_a_stream()
    {
        var transform = new SegmentationTransform(Size, 2, Normalization.None);
        var (image, target) = (new float[3 * Size.Pixels], new float[2 * Size.Pixels]);
        transform.Write(Disc(), null, image, target);
        Assert.Equal(Disc().Image.Pixels.Select(p => p / 255f), image[..Size.Pixels]);
        Assert.Equal(Disc().Masks.Select(m => (float)(m & 1)), target[..Size.Pixels]);
    }

    [Theory]
    [InlineData(64, 64)]
    [InlineData(200, 90)]
    [InlineData(31, 17)]
    public void Resized_masks_hold_only_what_the_stored_ones_hold_at_the_same_place(int width, int height)
    {
        var map = new StructureMap(width, height);
        for (var i = 0; i < width * height; i++) map.Pixels[i] = (uint)(i * 2654435761);
        var sample = new SegmentationSample(
            new PhantomPictures.Picture("p", new RasterImage(width, height, 1, new byte[width * height])), new Given(map));
        var prepared = PreparedPicture.Of(sample, new NetVipsImageDecoder(), Size);
        for (var y = 0; y < 64; y++)
        {
            for (var x = 0; x < 64; x++)
            {
                var (column, row) = ((int)Math.Floor((x + 0.5) * width / 64), (int)Math.Floor((y + 0.5) * height / 64));
                Assert.Equal(map.Pixels[(row * width) + column], prepared.Masks[(y * 64) + x]);
            }
        }
    }

    [Fact]
    public void A_mask_source_that_gives_another_size_than_its_image_is_named()
    {
        var sample = Phantom(1) with { Masks = new Given(new StructureMap(8, 6)) };
        var error = Assert.Throws<ArkInputException>(() => PreparedPicture.Of(sample, new NetVipsImageDecoder(), Size));
        Assert.All((string[])["given", "8x6", "patient 1", "128x128"], w => Assert.Contains(w, error.Message, StringComparison.Ordinal));
    }

    [Fact]
    public void Phantom_ribs_are_brighter_than_what_is_beside_them_and_reach_over_both_lungs()
    {
        for (var patient = 0UL; patient < 4; patient++)
        {
            var picture = PhantomPictures.Render(patient);
            foreach (var (ribs, lung) in new[]
            {
                (PhantomStructure.LeftRibs, PhantomStructure.LeftLung),
                (PhantomStructure.RightRibs, PhantomStructure.RightLung)
            })
            {
                var (bone, field) = (picture.Mask(ribs).Pixels, picture.Mask(lung).Pixels);
                var over = Enumerable.Range(0, bone.Length).Where(i => bone[i] != 0 && field[i] != 0).ToArray();
                var beside = Enumerable.Range(0, bone.Length).Where(i => bone[i] == 0 && field[i] != 0).ToArray();
                Assert.InRange((double)over.Length / (over.Length + beside.Length), 0.2, 0.8);
                Assert.True(
                    over.Average(i => picture.Image.Pixels[i]) > beside.Average(i => picture.Image.Pixels[i]),
                    $"patient {patient}, {ribs}");
            }
        }
    }

    [Fact]
    public void Stretched_pictures_reach_from_black_to_white_in_the_same_order_and_one_level_stays()
    {
        var pixels = Enumerable.Range(0, 1000).Select(i => (byte)(i < 5 ? 0 : i >= 995 ? 255 : 100 + (i % 41))).ToArray();
        var stretched = GrayStretch.Apply(new RasterImage(100, 10, 1, pixels)).Pixels;
        Assert.Equal([0, 128, 255], new[] { 100, 120, 140 }.Select(level => (int)stretched[Array.IndexOf(pixels, (byte)level)]));
        Assert.Equal((0, 255), (stretched[0], stretched[^1]));
        var flat = new RasterImage(10, 10, 1, [.. Enumerable.Repeat((byte)7, 100)]);
        Assert.Same(flat, GrayStretch.Apply(flat));
    }

    private static SegmentationSample Phantom(ulong patient)
    {
        var picture = PhantomPictures.Render(patient);
        var map = new StructureMap(picture.Image.Width, picture.Image.Height);
        for (var i = 0; i < map.Pixels.Length; i++)
            map.Pixels[i] = (picture.Mask(PhantomStructure.Heart).Pixels[i] != 0
                ? 1u
                : 0) | (picture.Mask(PhantomStructure.LeftLung).Pixels[i] != 0 ? 2u : 0);
        return new SegmentationSample(new PhantomPictures.Picture($"patient {patient}", picture.Image), new Given(map));
    }

    // Structure 0 is the disc, structure 1 everything else.
    private static PreparedPicture Disc()
    {
        var (pixels, masks) = (new byte[Size.Pixels], new uint[Size.Pixels]);
        for (var i = 0; i < pixels.Length; i++)
        {
            var (x, y) = ((i % 64) - 24, (i / 64) - 36);
            var inside = (x * x) + (y * y) < 200;
            (pixels[i], masks[i]) = (inside ? (byte)180 : (byte)60, inside ? 1u : 2u);
        }

        return new PreparedPicture(new RasterImage(64, 64, 1, pixels), masks);
    }

    private sealed class Given(StructureMap map) : MaskSource
    {
        public override string Name => "given";

        public override StructureMap Load(IImageDecoder decoder, int width, int height) => map;
    }
}
