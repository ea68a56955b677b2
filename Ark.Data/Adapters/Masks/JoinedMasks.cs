namespace Ark.Data;

/// <summary>The masks of one dataset among the structures of several.</summary>
/// <param name="masks">The masks.</param>
/// <param name="places">Where each of their structures is among all.</param>
/// <param name="absent">The bits of the structures that the dataset has no masks of.</param>
internal sealed class JoinedMasks(MaskSource masks, IReadOnlyList<int> places, uint absent) : MaskSource
{
    public override string Name => masks.Name;

    internal override IEnumerable<(string Name, float[] Values)> Origin => masks.Origin;

    public override StructureMap Load(IImageDecoder decoder, int width, int height)
    {
        var own = masks.Load(decoder, width, height);
        var map = new StructureMap(own.Width, own.Height, Array.ConvertAll(own.Pixels, Placed));
        for (var i = 0; i < own.Pixels.Length && (absent != 0 || own.Ignored is not null); i++)
            map.Ignore(i, absent | Placed(own.Ignored?[i] ?? 0));
        return map;
    }

    private uint Placed(uint bits)
    {
        var placed = 0u;
        for (var k = 0; k < places.Count; k++) placed |= ((bits >> k) & 1) << places[k];
        return placed;
    }
}
