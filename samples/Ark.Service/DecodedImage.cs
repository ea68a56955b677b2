namespace Ark.Service;

/// <summary>A picture that is decoded once, under the host's budget, for the network and for what is shown under its answer.</summary>
internal sealed class DecodedImage(byte[] encoded) : ImageSource
{
    private RasterImage? _raster;

    public override string Name => ModelEndpoints.ImageName;

    /// <summary>The pixels, once they have been asked for.</summary>
    public RasterImage Raster => _raster ?? throw new InvalidOperationException("The picture has not been decoded yet.");

    public override RasterImage Load(IImageDecoder decoder) => _raster ??= decoder.Decode(encoded, Name);
}
