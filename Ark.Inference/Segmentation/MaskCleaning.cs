namespace Ark.Inference;

/// <summary>
/// Takes out of a mask what no organ looks like. Holes of at most <see cref="LargestHole"/> of the picture are filled. Then regions whose
/// area is below <see cref="SmallestPart"/> of the largest one's go. To do it twice changes nothing more.
/// </summary>
internal static class MaskCleaning
{
    /// <summary>
    /// The least area of a region that is kept, as a share of the largest one: the two lungs and clavicles stay, islands go.
    /// </summary>
    public const double SmallestPart = 0.2;

    /// <summary>
    /// The greatest area of a hole that is filled, as a share of the picture: a shadow in a lung, not the middle of the chest between two
    /// lungs that touch above and below it.
    /// </summary>
    public const double LargestHole = 0.05;

    /// <summary>
    /// Whether a structure is a solid one, or a few. Ribs cross each other and enclose what is none of them, and each is a small part: all
    /// that <see cref="Clean"/> looks for is right for them.
    /// </summary>
    public static bool IsFor(string structure) => !structure.EndsWith("ribs", StringComparison.OrdinalIgnoreCase);

    /// <summary>Changes a mask.</summary>
    public static void Clean(Mask mask)
    {
        Fill(mask);
        Keep(mask);
    }

    // What is set touches diagonally, so what is not must not: else a line of pixels would not enclose anything.
    private static void Fill(Mask mask)
    {
        var around = new MaskRegions(mask, value: false, diagonally: false);
        var isOpen = new bool[around.Runs];
        for (var run = 0; run < around.Runs; run++)
        {
            if (around.IsAtEdge(run)) isOpen[around.RegionOf(run)] = true;
        }

        for (var run = 0; run < around.Runs; run++)
        {
            var region = around.RegionOf(run);
            if (!isOpen[region] && around.AreaOf(region) <= LargestHole * mask.Pixels.Length) around.PixelsOf(run).Fill(true);
        }
    }

    private static void Keep(Mask mask)
    {
        var parts = new MaskRegions(mask, value: true, diagonally: true);
        var largest = 0;
        for (var run = 0; run < parts.Runs; run++) largest = Math.Max(largest, parts.AreaOf(parts.RegionOf(run)));
        for (var run = 0; run < parts.Runs; run++)
        {
            if (parts.AreaOf(parts.RegionOf(run)) < SmallestPart * largest) parts.PixelsOf(run).Clear();
        }
    }
}
