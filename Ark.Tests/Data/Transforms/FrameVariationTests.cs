using Ark.Data;

namespace Ark.Tests.Data;

public class FrameVariationTests
{
    private const int Side = 64;

    [Fact]
    public void Framed_picture_and_masks_move_together_into_every_place_and_size_that_is_promised()
    {
        var picture = Square(uint.MaxValue);
        var (same, areas, grounds) = (0, new List<int>(), new HashSet<byte>());
        for (var draw = 0UL; draw < 300; draw++)
        {
            var framed = FrameVariation.Apply(picture, new RandomStream(draw));
            if (ReferenceEquals(framed, picture))
            {
                same++;
                continue;
            }

            areas.Add(framed.Masks.Count(m => m == uint.MaxValue));
            grounds.UnionWith([framed.Image.Pixels[0], framed.Image.Pixels[^1]]);
            if (framed.Image.Pixels[0] > 150 || framed.Image.Pixels[^1] > 150) continue;
            // The square is the only bright thing; at its edge, rounding may tell mask and picture apart.
            var wrong = Enumerable.Range(0, Side * Side).Count(i => framed.Masks[i] != 0 != framed.Image.Pixels[i] > 157);
            Assert.True(wrong <= 80, $"draw {draw}: {wrong}");
        }

        Assert.InRange(same, 120, 180);
        // 32 x 32 pixels, of which 65 to 115 % of each side are left, but for what is cut away.
        Assert.True(areas.Min() < 500 && areas.Max() is > 1200 and < 1400, $"{areas.Min()} to {areas.Max()}");
        Assert.Contains((byte)0, grounds);
        Assert.True(grounds.Count > 5);
    }

    [Fact]
    public void What_nobody_knows_of_the_whole_picture_is_not_known_beside_it_either()
    {
        var picture = Square(1) with { Ignored = [.. Enumerable.Range(0, Side * Side).Select(i => i < Side ? 6u : 4u)] };
        var framed = Enumerable.Range(0, 40).Select(d => FrameVariation.Apply(picture, new RandomStream((ulong)d))).ToArray();
        Assert.Contains(framed, f => f.Image.Pixels.Contains((byte)0));
        Assert.All(framed, f => Assert.All(f.Ignored!, bits => Assert.True(bits is 4 or 6)));
    }

    private static PreparedPicture Square(uint bits)
    {
        var inside = Enumerable.Range(0, Side * Side).Select(i => i % Side is >= 16 and < 48 && i / Side is >= 16 and < 48).ToArray();
        return new PreparedPicture(
            new RasterImage(Side, Side, 1, [.. inside.Select(on => on ? (byte)255 : (byte)60)]), [.. inside.Select(on => on ? bits : 0)]);
    }
}
