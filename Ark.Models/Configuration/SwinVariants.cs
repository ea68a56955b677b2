namespace Ark.Models;

/// <summary>The configurations that are known by name.</summary>
public static class SwinVariants
{
    private static readonly (string Name, SwinConfiguration Configuration)[] Known =
    [
        .. Named(Tiny(), "swin_tiny_patch4_window7_224", "swin_tiny"),
        .. Named(Tiny() with { Depths = [2, 2, 18, 2] }, "swin_small_patch4_window7_224", "swin_small"),
        .. Named(Base(7, 224), "swin_base_patch4_window7_224", "swin_base"),
        .. Named(Base(12, 384), "swin_base_patch4_window12_384", "swin_base_384"),
        .. Named(Large(7, 224), "swin_large_patch4_window7_224", "swin_large"),
        .. Named(Large(12, 384), "swin_large_patch4_window12_384", "swin_large_384"),
        .. Named(Large(12, 768), "swin_large_patch4_window12_768", "swin_large_768"),
        .. Named(Large(12, 1152), "swin_large_patch4_window12_1152", "swin_large_1152"),
        .. Named(Mini(), "swin_mini_patch8_window4_64", "swin_mini"),
    ];

    /// <summary>
    /// Every known name. timm's names come with the short ones of the published Ark and Ark+ (<c>swin_base</c>, <c>swin_large_768</c> …);
    /// <c>swin_mini</c> is the one for laptops: 64 pixels in patches of 8, a stage of one block in windows of 4 by 4 and one of one block
    /// over the whole picture, 96 channels, absolute position embedding. It is too shallow for a shifted block; in return it leaves the
    /// first plateau of training within minutes on a CPU.
    /// </summary>
    public static IReadOnlyList<string> Names { get; } = [.. Known.Select(k => k.Name)];

    /// <summary>The configuration of a name.</summary>
    /// <param name="name">One of <see cref="Names"/>; case does not matter.</param>
    /// <returns>The configuration, whose <see cref="SwinConfiguration.Name"/> is timm's name for it.</returns>
    /// <exception cref="ArkInputException">The name is unknown; the message lists the known ones and suggests the nearest.</exception>
    public static SwinConfiguration Get(string name)
    {
        foreach (var (known, configuration) in Known)
        {
            if (string.Equals(known, name, StringComparison.OrdinalIgnoreCase)) return configuration;
        }

        var nearest = Names.MinBy(known => Distance(known, name.ToUpperInvariant()))!;
        throw new ArkInputException(
            $"model '{name}'", null, "is not a known architecture", $"Did you mean '{nearest}'? Known: {string.Join(", ", Names)}.");
    }

    private static SwinConfiguration Tiny() => new();

    private static SwinConfiguration Base(int window, int size) => new()
    {
        ImageHeight = size,
        ImageWidth = size,
        WindowSize = window,
        EmbedDim = 128,
        Depths = [2, 2, 18, 2],
        NumHeads = [4, 8, 16, 32],
    };

    private static SwinConfiguration Large(int window, int size) => Base(window, size) with { EmbedDim = 192, NumHeads = [6, 12, 24, 48] };

    private static SwinConfiguration Mini() => new()
    {
        ImageHeight = 64,
        ImageWidth = 64,
        PatchSize = 8,
        WindowSize = 4,
        EmbedDim = 96,
        Depths = [1, 1],
        NumHeads = [6, 12],
        AbsolutePositionEmbedding = true,
        NumClasses = 0,
    };

    private static IEnumerable<(string Name, SwinConfiguration Configuration)> Named(
        SwinConfiguration configuration, params IReadOnlyList<string> names) =>
        names.Select(name => (name, configuration with { Name = names[0] }));

    /// <summary>The edit distance, regardless of case.</summary>
    private static int Distance(string known, string upperName)
    {
        known = known.ToUpperInvariant();
        var previous = Enumerable.Range(0, upperName.Length + 1).ToArray();
        for (var i = 1; i <= known.Length; i++)
        {
            var current = new int[previous.Length];
            current[0] = i;
            for (var j = 1; j < current.Length; j++)
                current[
                    j] = Math.Min(Math.Min(previous[j], current[j - 1]) + 1, previous[j - 1] + (known[i - 1] == upperName[j - 1] ? 0 : 1));
            previous = current;
        }

        return previous[^1];
    }
}
