using static Ark.Phantom.PortableMath;

namespace Ark.Phantom;

/// <summary>Turns attenuation into a picture: photons, scatter, noise, and the maker's processing.</summary>
/// <param name="scanner">The equipment.</param>
internal sealed class Detector(PhantomScanner scanner)
{
    /// <summary>Takes the picture.</summary>
    /// <param name="attenuation">Line integrals, one per pixel.</param>
    /// <param name="pitch">A pixel's size in cm.</param>
    /// <param name="lung">Attenuation typical of this patient's lung.</param>
    /// <param name="dense">Attenuation typical of this patient's mediastinum.</param>
    /// <param name="exposure">The picture's stream for exposure.</param>
    /// <param name="noise">The picture's stream for noise.</param>
    /// <returns>Grey levels.</returns>
    public byte[] Expose(float[] attenuation, double pitch, float lung, float dense, RandomStream exposure, RandomStream noise)
    {
        var (width, height) = (scanner.Width, scanner.Height);
        var photons = new float[attenuation.Length];
        for (var i = 0; i < photons.Length; i++) photons[i] = (float)Exp(-attenuation[i]);

        // Scatter is a wide blur of the image, lifted where the body is thick: it hurts the mediastinum most.
        var scatter = (float)Math.Clamp(scanner.Scatter + (0.05 * Bell(exposure.NextUInt64())), 0, 0.8);
        var wide = Blur.Apply(photons, width, height, (int)Math.Max(1, 5.5 / pitch));
        var counted = (float)(scanner.Photons * 100 * pitch * pitch);
        var signal = new float[photons.Length];
        for (var i = 0; i < signal.Length; i++)
        {
            var mean = ((1 - scatter) * photons[i]) + (scatter * 0.55f * wide[i]) + 1e-4f;
            var deviation = MathF.Sqrt(mean / counted);
            signal[i] = -(float)Log(Math.Max(0.2f * mean, mean + (deviation * Bell(noise.NextUInt64()))));
        }

        var spread = scanner.ExposureSpread;
        var low = Expected(lung, 0.6, 0, scatter) - 0.9f + (float)(spread * Bell(exposure.NextUInt64()));
        var high = Expected(dense, 0.3, 0.6, scatter) + 0.25f + (float)(spread * Bell(exposure.NextUInt64()));

        // What the window must hold is foreseen from the patient's thickness, as an exposure meter does; findings do not move it.
        float Expected(float direct, double openness, double density, double share)
        {
            var around = (openness * Exp(-lung)) + (density * Exp(-dense));
            return -(float)Log(((1 - share) * Exp(-direct)) + (share * 0.55 * around));
        }

        Even(signal, pitch, low, high);
        return Develop(signal, pitch, low, Math.Max(high, low + 1), exposure);
    }

    private void Even(float[] signal, double pitch, float low, float high)
    {
        if (scanner.Equalization <= 0) return;
        var middle = 0.5f * (low + high);
        for (var i = 0; i < signal.Length; i++) signal[i] = Math.Min(signal[i], high + 1);
        var local = Blur.Apply(signal, scanner.Width, scanner.Height, (int)Math.Max(1, 4 / pitch));
        for (var i = 0; i < signal.Length; i++) signal[i] -= (float)scanner.Equalization * (local[i] - middle);
    }

    private byte[] Develop(float[] signal, double pitch, float low, float high, RandomStream exposure)
    {
        var contrast = scanner.Contrast * (1 + (0.15 * Bell(exposure.NextUInt64())));
        var sharpening = (float)scanner.Sharpening;
        var local = Blur.Apply(signal, scanner.Width, scanner.Height, (int)Math.Max(1, 0.7 / pitch));
        var curve = Curve(contrast);
        var pixels = new byte[signal.Length];
        for (var i = 0; i < pixels.Length; i++)
        {
            var v = (signal[i] + (sharpening * (signal[i] - local[i])) - low) / (high - low);
            pixels[i] = curve[(int)(Math.Clamp(v, 0f, 1f) * (curve.Length - 1))];
        }

        return pixels;
    }

    // The film's S-shape, scaled to reach from black to white.
    private byte[] Curve(double contrast)
    {
        var curve = new byte[4096];
        var floor = 1 / (1 + Exp(0.5 * contrast * 2));
        for (var i = 0; i < curve.Length; i++)
        {
            var t = i / (curve.Length - 1.0);
            var s = contrast > 0.01 ? ((1 / (1 + Exp(-2 * contrast * (t - 0.5)))) - floor) / (1 - (2 * floor)) : t;
            s = s <= 0 ? 0 : Exp(scanner.Gamma * Log(s));
            curve[i] = (byte)Math.Clamp((int)((s * 255) + 0.5), 0, 255);
        }

        return curve;
    }
}
