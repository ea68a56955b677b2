namespace Ark.Data;

/// <summary>Where a dataset keeps the files of an image and its masks, and which structures it knows.</summary>
internal sealed record MaskLayout
{
    /// <summary>Any dataset: <c>images/NAME</c> and <c>masks/STRUCTURE/NAME</c>.</summary>
    public static MaskLayout Folders { get; } = new()
    {
        Images = ["{name}", "images/{name}"],
        Masks = ["masks/{structure}/{name}", "masks/{structure}/{stem}.png"],
        Endings = [],
    };

    /// <summary>
    /// JSRT's 247 films with the masks of SCR (van Ginneken et al., "Segmentation of anatomical structures in chest radiographs", 2006):
    /// pixels of 0.175 mm, raw or converted images, masks of half their size or of the same.
    /// </summary>
    public static MaskLayout Jsrt { get; } = new()
    {
        Images =
        [
            "{name}", "images/{name}", "All247images/{name}", "{stem}.IMG", "images/{stem}.IMG", "All247images/{stem}.IMG", "{stem}.png",
            "images/{stem}.png", "{stem}.IMG.png", "images/{stem}.IMG.png"
        ],
        Masks =
        [
            .. new[] { "masks", "fold1/masks", "fold2/masks", "scratch/fold1/masks", "scratch/fold2/masks" }
                .SelectMany(folder => new[]
                {
                    ".png",
                    ".IMG.png",
                    ".bmp",
                    ".gif"
                }.Select(ending => $"{folder}/{{structure}}/{{stem}}{ending}")),
        ],
        Endings = [".png", ".bmp", ".gif", ".IMG"],
        Structures = ["left_lung", "right_lung", "heart", "left_clavicle", "right_clavicle"],
        Joined = Both("lung", "clavicle"),
        Spacing = new PixelSpacing(0.175, RawRadiograph.Side),
        MasksMayHalve = true,
    };

    /// <summary>
    /// Montgomery County's 138 films with a mask for each lung (Jaeger et al., "Two public chest X-ray datasets", 2014): pixels of 0.0875
    /// mm.
    /// </summary>
    public static MaskLayout Montgomery { get; } = new()
    {
        Images = ["{name}", "CXR_png/{name}", "CXR_png/{stem}.png"],
        Masks = ["ManualMask/{structure}/{stem}.png"],
        Endings = [".png"],
        Structures = ["left_lung", "right_lung"],
        FolderOf = new(StringComparer.Ordinal) { ["left_lung"] = "leftMask", ["right_lung"] = "rightMask" },
        Joined = Both("lung"),
        Spacing = new PixelSpacing(0.0875),
    };

    /// <summary>
    /// Places of the image below the data folder, the first that is there; <c>{name}</c> is the list's word, <c>{stem}</c> the same without
    /// its endings.
    /// </summary>
    public required IReadOnlyList<string> Images { get; init; }

    /// <summary>Places of a mask, with <c>{structure}</c> too.</summary>
    public required IReadOnlyList<string> Masks { get; init; }

    /// <summary>Endings that a name loses to become a stem, from the last one; none for whatever ending it has.</summary>
    public required IReadOnlyList<string> Endings { get; init; }

    /// <summary>The structures with masks of their own; empty where every name may be one.</summary>
    public IReadOnlyList<string> Structures { get; init; } = [];

    /// <summary>Structures that are made of several.</summary>
    public IReadOnlyDictionary<string, string[]> Joined { get; init; } = new Dictionary<string, string[]>(StringComparer.Ordinal);

    /// <summary>The folder of a structure's masks, where it is not named as the structure.</summary>
    public Dictionary<string, string> FolderOf { get; init; } = new(StringComparer.Ordinal);

    /// <summary>The size of a pixel, where it is known.</summary>
    public PixelSpacing? Spacing { get; init; }

    /// <summary>Whether a mask may have half its image's width and height.</summary>
    public bool MasksMayHalve { get; init; }

    // "lung" and "lungs" both stand for the left one and the right one.
    private static Dictionary<string, string[]> Both(params ReadOnlySpan<string> names)
    {
        var joined = new Dictionary<string, string[]>(StringComparer.Ordinal);
        foreach (var name in names) joined[name] = joined[name + "s"] = ["left_" + name, "right_" + name];
        return joined;
    }
}
