namespace Ark;

/// <summary>Where the masks of one image come from: files, a label map, polygons.</summary>
public abstract class MaskSource
{
    /// <summary>What to call the masks in messages.</summary>
    public abstract string Name { get; }

    /// <summary>
    /// What tells the masks from others without reading them: the names of their files, and values that say how they are read.
    /// </summary>
    internal virtual IEnumerable<(string Name, float[] Values)> Origin => [(Name, [])];

    /// <summary>Produces the masks; called from several threads at once.</summary>
    /// <param name="decoder">Decodes encoded images.</param>
    /// <param name="width">Columns of the image that they belong to.</param>
    /// <param name="height">Rows of that image.</param>
    /// <returns>A map of the image's size, owned by the caller.</returns>
    /// <exception cref="ArkInputException">The masks cannot be read, or do not belong to an image of that size.</exception>
    public abstract StructureMap Load(IImageDecoder decoder, int width, int height);
}
