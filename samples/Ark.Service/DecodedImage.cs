namespace Ark.Service;

/// <summary>A picture that is decoded once, for the map and for what is shown under it.</summary>
internal sealed class DecodedImage(RasterImage raster) : ImageSource
{
    public override string Name => ModelEndpoints.ImageName;

    public RasterImage Raster => raster;

    public override RasterImage Load(IImageDecoder decoder) => raster;
}
