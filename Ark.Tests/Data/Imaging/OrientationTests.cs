using Ark.Data;

namespace Ark.Tests.Data;

/// <summary>Pictures that are stored on their side.</summary>
public sealed class OrientationTests
{
    private static readonly NetVipsImageDecoder Decoder = new();

    [Fact]
    public void Orientation_is_followed_by_option_only()
    {
        var picture = Encoded.Picture(48, 32, 1);
        var upright = new NetVipsImageDecoder(new ImageDecoderOptions { FollowOrientation = true });
        var stored = Decoder.Decode(Encoded.Jpeg(picture), "plain").Pixels;
        byte At(RasterImage image, int x, int y) => image.Pixels[(y * image.Width) + x];
        for (var tag = 1; tag <= 8; tag++)
        {
            var jpeg = Encoded.Jpeg(picture, tag);
            Assert.Equal(stored, Decoder.Decode(jpeg, "a.jpg").Pixels);
            var turned = upright.Decode(jpeg, "a.jpg");
            Assert.Equal(tag >= 5 ? (32, 48) : (48, 32), (turned.Width, turned.Height));
            // Where the stored top left corner is seen.
            var (x, y) = tag switch
            {
                1 or 5 => (0, 0),
                2 or 6 => (turned.Width - 1, 0),
                3 or 7 => (turned.Width - 1, turned.Height - 1),
                _ => (0, turned.Height - 1),
            };
            Assert.Equal(stored[0], At(turned, x, y));
        }
    }
}
