namespace Ark.Phantom;

/// <summary>
/// Elementary functions made of additions and multiplications alone, so that a seed renders the same bytes on every platform:
/// the system's own may differ in the last bit. Relative error below 1e-9 in the ranges the phantom uses.
/// </summary>
internal static class PortableMath
{
    private const double Ln2 = 0.693147180559945309;

    /// <summary>e to the power <paramref name="x"/>.</summary>
    /// <param name="x">Within ±700.</param>
    /// <returns>The power.</returns>
    public static double Exp(double x)
    {
        var k = Math.Floor((x / Ln2) + 0.5);
        var r = x - (k * Ln2);
        var p = 1 + (r * (1 + (r / 2 * (1 + (r / 3 * (1 + (r / 4 * (1 + (r / 5 * (1 + (r / 6 * (1 + (r / 7 * (1 + (r / 8)))))))))))))));
        return p * BitConverter.Int64BitsToDouble(((long)k + 1023) << 52);
    }

    /// <summary>The natural logarithm.</summary>
    /// <param name="x">A normal number above 0.</param>
    /// <returns>The logarithm.</returns>
    public static double Log(double x)
    {
        var bits = BitConverter.DoubleToInt64Bits(x);
        var exponent = (int)((bits >> 52) & 0x7FF) - 1023;
        var m = BitConverter.Int64BitsToDouble((bits & 0xFFFFFFFFFFFFFL) | (1023L << 52));
        if (m > 1.4142135623730951)
        {
            m *= 0.5;
            exponent++;
        }

        // ln m = 2 artanh((m - 1) / (m + 1)); the argument stays below 0.172.
        var t = (m - 1) / (m + 1);
        var s = t * t;
        return (exponent * Ln2)
            + (2 * t * (1 + (s * ((1.0 / 3) + (s * ((1.0 / 5) + (s * ((1.0 / 7) + (s * ((1.0 / 9) + (s * ((1.0 / 11) + (s / 13)))))))))))));
    }

    /// <summary>The sine.</summary>
    /// <param name="x">Radians, within ±1000.</param>
    /// <returns>The sine.</returns>
    public static double Sin(double x)
    {
        var k = Math.Floor((x / Math.PI) + 0.5);
        var r = x - (k * Math.PI);
        var s = r * r;
        var p = r * (1 - (s / 6 * (1 - (s / 20 * (1 - (s / 42 * (1 - (s / 72 * (1 - (s / 110 * (1 - (s / 156 * (1 - (s / 210))))))))))))));
        return ((long)k & 1) == 0 ? p : -p;
    }

    /// <summary>The cosine.</summary>
    /// <param name="x">Radians, within ±1000.</param>
    /// <returns>The cosine.</returns>
    public static double Cos(double x) => Sin(x + (Math.PI / 2));

    /// <summary>0 below <paramref name="low"/>, 1 above <paramref name="high"/>, smooth between.</summary>
    /// <param name="low">Where it starts.</param>
    /// <param name="high">Where it ends.</param>
    /// <param name="x">The place.</param>
    /// <returns>A number from 0 to 1.</returns>
    public static float Step(float low, float high, float x)
    {
        var t = Math.Clamp((x - low) / (high - low), 0f, 1f);
        return t * t * (3 - (2 * t));
    }

    /// <summary>A bell-shaped number: the sum of four uniform ones, scaled to deviation 1; its tails end at 3.5.</summary>
    /// <param name="bits">64 random bits.</param>
    /// <returns>The number.</returns>
    public static float Bell(ulong bits) =>
        (((bits & 0xFFFF) + ((bits >> 16) & 0xFFFF) + ((bits >> 32) & 0xFFFF) + (bits >> 48)) * (1f / 65536f) - 2f) * 1.7320508f;
}
