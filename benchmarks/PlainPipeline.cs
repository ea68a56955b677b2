using Ark.Data;

namespace Ark.Benchmarks;

/// <summary>
/// The original's steps one after another, as its Python libraries take them: every picture becomes RGB, is resized to 224 with the generic
/// two-pass resampler (one pixel after another), cropped, resized, warped by bilinear sampling with a reflected border for both views,
/// changed in contrast, and normalised into fresh arrays. One thread.
/// </summary>
internal sealed class PlainPipeline
{
    private const int Side = 224;
    private static readonly float[] Mean = [0.485f, 0.456f, 0.406f];
    private static readonly float[] Deviation = [0.229f, 0.224f, 0.225f];

    private readonly NetVipsImageDecoder _decoder = new();

    /// <summary>Prepares one file.</summary>
    /// <returns>Student and teacher, <c>[2, 3, 224, 224]</c>.</returns>
    public float[] Prepare(string path, RandomStream random)
    {
        var picture = ToRgb(_decoder.DecodeFile(path));
        var working = Resize(picture.Pixels, picture.Width, picture.Height, Side, Side);
        var side = (int)(Side * Math.Sqrt(random.Uniform(0.08, 1)));
        int left = random.NextInt32(Side - side + 1), top = random.NextInt32(Side - side + 1);
        var crop = new byte[side * side * 3];
        for (var y = 0; y < side; y++) Array.Copy(working, (((top + y) * Side) + left) * 3, crop, y * side * 3, side * 3);
        var angle = random.Uniform(-10, 10) * Math.PI / 180;
        var result = new float[2 * 3 * Side * Side];
        for (var view = 0; view < 2; view++)
        {
            var seen = Warp(Enlarge(crop, side, nearest: view == 1), angle, nearest: view == 1);
            var gain = view == 0 ? random.Uniform(0.8, 1.2) : 1;
            for (var c = 0; c < 3; c++)
            {
                for (var i = 0; i < Side * Side; i++)
                    result[(((view * 3) + c) * Side * Side) + i] = ((float)Math.Clamp(seen[(i * 3) + c] * gain, 0, 255) / 255 - Mean[
                        c]) / Deviation[c];
            }
        }

        return result;
    }

    private static RasterImage ToRgb(RasterImage image)
    {
        if (image.Channels == 3) return image;
        var rgb = new byte[image.Pixels.Length * 3];
        for (var i = 0; i < image.Pixels.Length; i++) rgb[3 * i] = rgb[(3 * i) + 1] = rgb[(3 * i) + 2] = image.Pixels[i];
        return new RasterImage(image.Width, image.Height, 3, rgb);
    }

    private static byte[] Resize(byte[] source, int width, int height, int toWidth, int toHeight)
    {
        var across = new byte[toWidth * height * 3];
        var columns = Weights(width, toWidth);
        for (var y = 0; y < height; y++)
        {
            for (var x = 0; x < toWidth; x++) Sum(source, y * width * 3, 3, columns[x], across, ((y * toWidth) + x) * 3);
        }

        var result = new byte[toWidth * toHeight * 3];
        var rows = Weights(height, toHeight);
        for (var y = 0; y < toHeight; y++)
        {
            for (var x = 0; x < toWidth; x++) Sum(across, x * 3, toWidth * 3, rows[y], result, ((y * toWidth) + x) * 3);
        }

        return result;
    }

    private static void Sum(byte[] from, int start, int step, (int First, double[] Values) weights, byte[] to, int at)
    {
        double r = 0, g = 0, b = 0;
        for (var k = 0; k < weights.Values.Length; k++)
        {
            var i = start + ((weights.First + k) * step);
            r += from[i] * weights.Values[k];
            g += from[i + 1] * weights.Values[k];
            b += from[i + 2] * weights.Values[k];
        }

        (to[at], to[at + 1], to[at + 2]) = (
            (byte)Math.Clamp(r + 0.5, 0, 255), (byte)Math.Clamp(g + 0.5, 0, 255), (byte)Math.Clamp(b + 0.5, 0, 255));
    }

    private static (int First, double[] Values)[] Weights(int from, int to)
    {
        var scale = Math.Max(1, (double)from / to);
        return [.. Enumerable.Range(0, to).Select(i =>
        {
            var center = (i + 0.5) * from / to;
            var first = Math.Max(0, (int)(center - (2 * scale) + 0.5));
            var last = Math.Min(from, (int)(center + (2 * scale) + 0.5));
            var values = Enumerable.Range(first, last - first).Select(k => Cubic((k + 0.5 - center) / scale)).ToArray();
            var sum = values.Sum();
            return (first, values.Select(v => v / sum).ToArray());
        })];
    }

    private static double Cubic(double x) => Math.Abs(x) switch
    {
        < 1 and var a => (((1.5 * a) - 2.5) * a * a) + 1,
        < 2 and var a => ((((-0.5 * a) + 2.5) * a - 4) * a) + 2,
        _ => 0,
    };

    private static byte[] Enlarge(byte[] crop, int side, bool nearest)
    {
        var result = new byte[Side * Side * 3];
        for (var y = 0; y < Side; y++)
        {
            for (var x = 0; x < Side; x++)
                Sample(crop, side, ((x + 0.5) * side / Side) - 0.5, ((y + 0.5) * side / Side) - 0.5, nearest, result, ((y * Side) + x) * 3);
        }

        return result;
    }

    private static byte[] Warp(byte[] source, double angle, bool nearest)
    {
        var (sin, cos) = Math.SinCos(angle);
        var result = new byte[source.Length];
        const double middle = (Side - 1) / 2.0;
        for (var y = 0; y < Side; y++)
        {
            for (var x = 0; x < Side; x++)
                Sample(
                    source, Side, middle + ((x - middle) * cos) + ((y - middle) * sin),
                    middle - ((x - middle) * sin) + ((y - middle) * cos), nearest, result, ((y * Side) + x) * 3);
        }

        return result;
    }

    private static void Sample(byte[] source, int side, double x, double y, bool nearest, byte[] to, int at)
    {
        var (x0, y0) = nearest ? ((int)Math.Round(x), (int)Math.Round(y)) : ((int)Math.Floor(x), (int)Math.Floor(y));
        var (fx, fy) = nearest ? (0, 0) : (x - x0, y - y0);
        for (var c = 0; c < 3; c++)
        {
            double At(int px, int py) => source[(((Reflect(py, side) * side) + Reflect(px, side)) * 3) + c];
            var top = nearest ? At(x0, y0) : (At(x0, y0) * (1 - fx)) + (At(x0 + 1, y0) * fx);
            var value = nearest ? top : (top * (1 - fy)) + (((At(x0, y0 + 1) * (1 - fx)) + (At(x0 + 1, y0 + 1) * fx)) * fy);
            to[at + c] = (byte)Math.Clamp(value + 0.5, 0, 255);
        }
    }

    private static int Reflect(int i, int side)
    {
        if (i < 0) i = -i;
        return i < side ? i : Math.Max(0, (2 * (side - 1)) - i);
    }
}
