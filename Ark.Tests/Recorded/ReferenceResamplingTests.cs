using System.Text.Json;
using Ark.Data;
using static Ark.Tests.TransformReference;

namespace Ark.Tests.Recorded;

/// <summary>Every resampling step against what Pillow, torchvision and OpenCV gave.</summary>
public class ReferenceResamplingTests
{
    public static MatrixTheoryData<string, string> Images => new(Recordings, ["gray.png", "rgb.png", "nonsquare_rgba.png"]);

    [Theory]
    [MemberData(nameof(Images))]
    public void PilResize_equals_Pillow(string recording, string image)
    {
        var reference = Load(recording);
        var source = reference.Image(image);
        var operations = reference.Operations(image, "pil_resize");
        Assert.True(operations.Count >= 7);
        foreach (var operation in operations)
        {
            var id = Id(operation);
            var isDefault = id.EndsWith("default_224", StringComparison.Ordinal);
            var width = isDefault ? 224 : operation.GetProperty("width").GetInt32();
            var height = isDefault ? 224 : operation.GetProperty("height").GetInt32();
            var filter = isDefault
                ? PilFilter.Bicubic
                : Enum.Parse<PilFilter>(operation.GetProperty("resample").GetString()!, ignoreCase: true);
            var actual = new byte[width * height * source.Channels];
            PilResize.Resize(Bitmap.Of(source), actual, width, height, filter);
            Pixels.AssertEqual(reference.Bytes(id), actual, id);
        }
    }

    [Theory]
    [MemberData(nameof(Images))]
    public void Torchvision_resize_crops_and_flip_are_equal(string recording, string image)
    {
        var reference = Load(recording);
        var source = reference.Image(image);
        var square = Resize(Bitmap.Of(source), 64, 64);
        var channels = source.Channels;
        Pixels.AssertEqual(reference.Bytes($"{image}/tv_resize_64"), square, "tv_resize_64");

        var shorter = reference.Shape($"{image}/tv_resize_shorter_50");
        Pixels.AssertEqual(reference.Bytes($"{image}/tv_resize_shorter_50"), Resize(Bitmap.Of(source), shorter[1], shorter[0]), "shorter");

        var bitmap = new Bitmap(square, 64, 64, channels);
        Pixels.AssertEqual(reference.Bytes($"{image}/tv_center_crop_33"), Pixels.Of(Crops.Center(bitmap, 33, 33)), "centre 33");
        Pixels.AssertEqual(reference.Bytes($"{image}/tv_center_crop_40x51"), Pixels.Of(Crops.Center(bitmap, 51, 40)), "centre 40x51");
        Pixels.AssertEqual(reference.Bytes($"{image}/hflip"), Pixels.Mirror(bitmap), "flip");

        var crops = new List<byte>();
        for (var i = 0; i < 10; i++)
        {
            var crop = Crops.OfTen(bitmap, i, 48, 48);
            crops.AddRange(i < 5 ? Pixels.Of(crop) : Pixels.Mirror(crop));
        }

        Pixels.AssertEqual(reference.Bytes($"{image}/tv_tencrop_48"), [.. crops], "ten crops");
    }

    [Theory]
    [MemberData(nameof(Images))]
    public void CvResize_equals_OpenCV(string recording, string image)
    {
        var reference = Load(recording);
        var source = reference.Image(image);
        var operations = reference.Operations(image, "cv_crop");
        Assert.Equal(8, operations.Count);
        foreach (var operation in operations)
        {
            int Get(string key) => operation.GetProperty(key).GetInt32();
            var crop = Bitmap.Of(source).Crop(Get("x"), Get("y"), Get("crop_w"), Get("crop_h"));
            var actual = new byte[Get("out_h") * Get("out_w") * source.Channels];
            if (IsLinear(operation)) CvResize.Linear(crop, actual, Get("out_w"), Get("out_h"));
            else CvResize.Nearest(crop, actual, Get("out_w"), Get("out_h"));
            Pixels.AssertEqual(reference.Bytes(Id(operation)), actual, Id(operation));
        }

        var shrunk = new byte[72 * 64 * source.Channels];
        CvResize.Linear(Bitmap.Of(source), shrunk, 64, 72);
        Pixels.AssertEqual(reference.Bytes($"{image}/cv_base72x64"), shrunk, "base");
    }

    [Theory]
    [MemberData(nameof(Images))]
    public void CvWarp_equals_OpenCV(string recording, string image)
    {
        var reference = Load(recording);
        var source = reference.ImageOutput($"{image}/cv_base72x64");
        var operations = reference.Operations(image, "ssr_");
        Assert.Equal(8, operations.Count);
        foreach (var operation in operations)
        {
            double Get(string key) => operation.GetProperty(key).GetDouble();
            var actual = new byte[source.Pixels.Length];
            CvWarp.Apply(Bitmap.Of(source), actual, new(Get("angle"), Get("scale"), Get("dx"), Get("dy")), IsLinear(operation));
            Pixels.AssertEqual(reference.Bytes(Id(operation)), actual, Id(operation));
        }
    }

    [Theory]
    [MemberData(nameof(Images))]
    public void Intensity_curves_equal_albumentations(string recording, string image)
    {
        var reference = Load(recording);
        var source = reference.Bytes($"{image}/cv_base72x64");
        var gammas = reference.Operations(image, "gamma_");
        Assert.Equal(5, gammas.Count);
        foreach (var operation in gammas)
        {
            var curve = IntensityCurve.Gamma(operation.GetProperty("gamma").GetDouble());
            Pixels.AssertEqual(reference.Bytes(Id(operation)), [.. source.Select(p => curve[p])], Id(operation));
        }

        // The published recipes add a share of the full range; a share of the picture's mean is albumentations' other option.
        var contrasts = reference.Operations(image, "bc_").Where(o => o.GetProperty("beta_by_max").GetBoolean()).ToList();
        Assert.Equal(5, contrasts.Count);
        foreach (var operation in contrasts)
        {
            var curve = IntensityCurve.BrightnessContrast(
                operation.GetProperty("alpha").GetDouble(), operation.GetProperty("beta").GetDouble());
            Pixels.AssertEqual(reference.Bytes(Id(operation)), [.. source.Select(p => curve[p])], Id(operation));
        }
    }

    private static bool IsLinear(JsonElement operation) => operation.GetProperty("interpolation").GetString() == "linear";

    private static byte[] Resize(Bitmap source, int width, int height)
    {
        var result = new byte[width * height * source.Channels];
        PilResize.Resize(source, result, width, height, PilFilter.Bilinear);
        return result;
    }
}
