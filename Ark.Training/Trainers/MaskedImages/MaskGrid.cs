namespace Ark.Training;

/// <summary>
/// Hides a share of an image in squares: of a coarse grid, cells are drawn, and all patches of the network in them are hidden.
/// </summary>
internal sealed class MaskGrid
{
    private const int PublishedSquare = 32;
    private const int FewestPublished = 4;

    private readonly int _cells;
    private readonly int _patchesOfCell;

    /// <summary>Creates the grid.</summary>
    /// <param name="imageSize">Side of the image, in pixels.</param>
    /// <param name="patchSize">Side of the network's patches.</param>
    /// <param name="square">Side of what is hidden: it divides the image, and the patch divides it.</param>
    /// <param name="ratio">Which share is hidden; it is rounded up to whole squares.</param>
    public MaskGrid(int imageSize, int patchSize, int square, double ratio)
    {
        (_cells, _patchesOfCell) = (imageSize / square, square / patchSize);
        HiddenCells = (int)Math.Ceiling(_cells * _cells * ratio);
        Side = imageSize / patchSize;
    }

    /// <summary>Patches of a row, and rows of patches.</summary>
    public int Side { get; }

    /// <summary>How many patches of an image are hidden.</summary>
    public int HiddenPatches => HiddenCells * _patchesOfCell * _patchesOfCell;

    /// <summary>How many cells of the coarse grid are hidden.</summary>
    public int HiddenCells { get; }

    /// <summary>The grid that options ask for.</summary>
    /// <param name="options">The options.</param>
    /// <param name="imageSize">Side of the image, in pixels.</param>
    /// <param name="patchSize">Side of the network's patches.</param>
    /// <param name="stride">Pixels between tokens of its last stage.</param>
    /// <exception cref="ArkInputException">The squares do not fit, or leave nothing to see.</exception>
    public static MaskGrid Of(TrainingOptions options, int imageSize, int patchSize, int stride)
    {
        var isPublished = imageSize % PublishedSquare == 0 && imageSize / PublishedSquare >= FewestPublished
            && PublishedSquare % patchSize == 0;
        var square = options.MaskPatchSize ?? (isPublished ? PublishedSquare : stride);
        if (imageSize % square != 0 || square % patchSize != 0)
        {
            int[] fitting = [.. Enumerable.Range(1, imageSize / 2).Where(s => s % patchSize == 0 && imageSize % s == 0)];
            throw options.Error(
                nameof(options.MaskPatchSize),
                $"squares of {square} pixels do not tile an image of {imageSize} in whole patches of {patchSize}",
                $"Choose {string.Join(", ", fitting)}, or another 'ImageSize'.");
        }

        var grid = new MaskGrid(imageSize, patchSize, square, options.MaskRatio);
        if (grid.HiddenCells < grid._cells * grid._cells) return grid;
        throw options.Error(
            nameof(options.MaskRatio), $"hides all {grid.HiddenCells} square(s) of an image",
            $"Lower it, or make the squares smaller ('{nameof(options.MaskPatchSize)}').");
    }

    /// <summary>Draws what is hidden of an image.</summary>
    /// <param name="random">The image's own stream.</param>
    /// <param name="hidden">Receives <c>[Side, Side]</c>: which patches.</param>
    public void Draw(RandomStream random, Span<bool> hidden)
    {
        int[] order = [.. Enumerable.Range(0, _cells * _cells)];
        random.Shuffle<int>(order);
        Expand(order.AsSpan(0, HiddenCells), hidden);
    }

    /// <summary>Hides the patches of some cells.</summary>
    /// <param name="cells">The cells, row by row.</param>
    /// <param name="hidden">Receives <c>[Side, Side]</c>: which patches.</param>
    public void Expand(ReadOnlySpan<int> cells, Span<bool> hidden)
    {
        hidden.Clear();
        foreach (var cell in cells)
        {
            var (top, left) = (cell / _cells * _patchesOfCell, cell % _cells * _patchesOfCell);
            for (var row = top; row < top + _patchesOfCell; row++) hidden.Slice((row * Side) + left, _patchesOfCell).Fill(true);
        }
    }
}
