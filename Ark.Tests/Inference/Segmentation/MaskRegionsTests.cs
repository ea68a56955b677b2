using Ark.Inference;

namespace Ark.Tests.Inference;

public class MaskRegionsTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Regions_are_those_of_flooding_pixel_by_pixel(bool diagonally)
    {
        for (var draw = 0UL; draw < 200; draw++)
        {
            var random = new RandomStream(draw);
            var (width, height, density) = (1 + random.NextInt32(12), 1 + random.NextInt32(12), random.Uniform(0.2, 0.8));
            var mask = new Mask(width, height, [.. Enumerable.Range(0, width * height).Select(_ => random.Chance(density))]);
            var value = random.Chance(0.5);
            var (flooded, regions) = (Flood(mask, value, diagonally), new MaskRegions(mask, value, diagonally));
            var numbers = new int[mask.Pixels.Length];
            Array.Fill(numbers, -1);
            var at = 0;
            for (var run = 0; run < regions.Runs; run++)
            {
                // Runs come in the order of their pixels.
                while (flooded[at] < 0) at++;
                foreach (var pixel in regions.PixelsOf(run))
                {
                    Assert.Equal(value, pixel);
                    numbers[at++] = regions.RegionOf(run);
                }
            }

            Assert.Equal(Firsts(flooded), Firsts(numbers));
            foreach (var region in numbers.Where(n => n >= 0).GroupBy(n => n)) Assert.Equal(region.Count(), regions.AreaOf(region.Key));
        }
    }

    [Fact]
    public void A_spiral_and_a_comb_are_one_region_each_and_runs_at_the_edge_are_told()
    {
        var comb = new Mask(101, 60, [.. Enumerable.Range(0, 101 * 60).Select(i => i / 101 == 59 || i % 101 % 2 == 0)]);
        var regions = new MaskRegions(comb, value: true, diagonally: false);
        Assert.Single(Enumerable.Range(0, regions.Runs).Select(regions.RegionOf).Distinct());
        Assert.Equal(comb.Area, regions.AreaOf(regions.RegionOf(0)));

        var ring = new Mask(5, 5, [.. Enumerable.Range(0, 25).Select(i => i % 5 is >= 1 and <= 3 && i / 5 is >= 1 and <= 3 && i != 12)]);
        var around = new MaskRegions(ring, value: false, diagonally: false);
        Assert.Equal(1, Enumerable.Range(0, around.Runs).Count(r => !around.IsAtEdge(r)));
    }

    // Each pixel's region, by the first pixel that belongs to it; -1 for none.
    private static int[] Firsts(int[] numbers) =>
        [.. numbers.Select(n => n < 0 ? -1 : Array.IndexOf(numbers, n))];

    private static int[] Flood(Mask mask, bool value, bool diagonally)
    {
        var result = new int[mask.Pixels.Length];
        Array.Fill(result, -1);
        for (var start = 0; start < result.Length; start++)
        {
            if (mask.Pixels[start] != value || result[start] >= 0) continue;
            var open = new Stack<int>([start]);
            result[start] = start;
            while (open.TryPop(out var i))
            {
                for (var n = 0; n < 9; n++)
                {
                    var (dx, dy) = ((n % 3) - 1, (n / 3) - 1);
                    if (!diagonally && dx != 0 && dy != 0) continue;
                    var (x, y) = ((i % mask.Width) + dx, (i / mask.Width) + dy);
                    if (x < 0 || y < 0 || x >= mask.Width || y >= mask.Height) continue;
                    var other = (y * mask.Width) + x;
                    if (mask.Pixels[other] != value || result[other] >= 0) continue;
                    result[other] = start;
                    open.Push(other);
                }
            }
        }

        return result;
    }
}
