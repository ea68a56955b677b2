using Ark.Inference;

namespace Ark.Tests.Inference;

public class MaskCleaningTests
{
    [Fact]
    public void Islands_go_and_holes_are_filled_and_what_is_large_enough_stays()
    {
        AssertCleaned(
            [
                "....................",
                ".#####......######..",
                ".#####......#....#..",
                ".##.##..#...#.##.#..",
                ".#####......#....#..",
                ".#####......######..",
                "....................",
                "...##......#........",
                "...##...............",
                "....................",
            ],
            [
                "....................",
                ".#####......######..",
                ".#####......######..",
                ".#####......######..",
                ".#####......######..",
                ".#####......######..",
                "....................",
                "....................",
                "....................",
                "....................",
            ]);
    }

    [Fact]
    public void A_hole_larger_than_a_twentieth_of_the_picture_stays_and_so_does_what_is_open_to_the_edge()
    {
        string[] chest =
        [
            "..........",
            "..######..",
            "..##..##..",
            "..##..##..",
            "..##..##..",
            "..######..",
            "..........",
        ];
        AssertCleaned(chest, chest);
        string[] open = ["#####", "#...#", "#...#", "....#"];
        AssertCleaned(open, open);
    }

    [Fact]
    public void Regions_touch_at_corners_and_holes_do_not() => AssertCleaned(
        [
            ".......................",
            "...#...................",
            "..#.#..................",
            "...#...................",
            "....#..................",
        ],
        [
            ".......................",
            "...#...................",
            "..###..................",
            "...#...................",
            "....#..................",
        ]);

    [Fact]
    public void Cleaning_twice_is_cleaning_once_adds_nothing_outside_holes_and_leaves_the_largest_part()
    {
        var (filled, dropped) = (0, 0);
        for (var draw = 0UL; draw < 300; draw++)
        {
            var mask = Random(draw);
            var before = (bool[])mask.Pixels.Clone();
            MaskCleaning.Clean(mask);
            var once = (bool[])mask.Pixels.Clone();
            MaskCleaning.Clean(mask);
            Assert.Equal(once, mask.Pixels);

            var around = new MaskRegions(mask with { Pixels = before }, value: false, diagonally: false);
            var open = Enumerable.Range(0, around.Runs).Where(around.IsAtEdge).Select(around.RegionOf).ToHashSet();
            var at = 0;
            for (var run = 0; run < around.Runs; run++)
            {
                while (before[at]) at++;
                for (var i = around.PixelsOf(run).Length; i > 0; i--, at++) Assert.False(once[at] && open.Contains(around.RegionOf(run)));
            }

            filled += Enumerable.Range(0, once.Length).Count(i => once[i] && !before[i]);
            dropped += Enumerable.Range(0, once.Length).Count(i => !once[i] && before[i]);
            Assert.Equal(before.Contains(true), once.Contains(true));
        }

        Assert.True(filled > 50 && dropped > 500, $"{filled}, {dropped}");
    }

    [Fact]
    public void One_solid_part_is_left_as_it_is()
    {
        for (var draw = 0UL; draw < 100; draw++)
        {
            var random = new RandomStream(draw);
            var (width, height) = (1 + random.NextInt32(30), 1 + random.NextInt32(30));
            var (x, y, a, b) = (random.Uniform(0, width), random.Uniform(0, height), random.Uniform(0.5, 9), random.Uniform(0.5, 9));
            var disc = new Mask(width, height, [.. Enumerable.Range(0, width * height).Select(i =>
                Math.Pow(((i % width) - x) / a, 2) + Math.Pow(((i / width) - y) / b, 2) <= 1)]);
            var before = (bool[])disc.Pixels.Clone();
            MaskCleaning.Clean(disc);
            Assert.Equal(before, disc.Pixels);
        }

        var full = new Mask(3, 2, [.. Enumerable.Repeat(true, 6)]);
        MaskCleaning.Clean(full);
        Assert.Equal(6, full.Area);
    }

    [Fact]
    public void Ribs_alone_are_left_out_of_it() => Assert.Equal(
        ["lungs", "heart", "R1", "crib"],
        new[] { "lungs", "heart", "ribs", "left_ribs", "Right Ribs", "R1", "crib" }.Where(MaskCleaning.IsFor));

    private static void AssertCleaned(string[] before, string[] after)
    {
        var mask = new Mask(before[0].Length, before.Length, [.. before.SelectMany(r => r.Select(c => c == '#'))]);
        MaskCleaning.Clean(mask);
        Assert.Equal(after, mask.Pixels.Chunk(mask.Width).Select(r => string.Concat(r.Select(on => on ? '#' : '.'))));
    }

    // Blots, some of them within others.
    private static Mask Random(ulong draw)
    {
        var random = new RandomStream(draw);
        var mask = new Mask(24, 20, new bool[24 * 20]);
        for (var blot = random.NextInt32(12); blot >= 0; blot--)
        {
            var (x, y, radius, value) = (random.Uniform(0, 24), random.Uniform(0, 20), random.Uniform(0.5, 7), random.Chance(0.6));
            for (var i = 0; i < mask.Pixels.Length; i++)
            {
                if (Math.Pow((i % 24) - x, 2) + Math.Pow((i / 24) - y, 2) < radius * radius) mask.Pixels[i] = value;
            }
        }

        return mask;
    }
}
