using TorchSharp;
using static TorchSharp.torch;

namespace Ark;

/// <summary>
/// Arithmetic whose scalars outlive the native call. TorchSharp turns a number into a native scalar that belongs to a finalizer, and passes
/// on only its address: a garbage collection on another thread (a loader allocates all the time) can free the scalar before the native code
/// reads it, and the operation computes with whatever is there then. <c>a + b</c> is such an operation too: it passes the factor 1. What
/// runs in every step uses scalars that something holds.
/// </summary>
internal static class KeptScalar
{
    /// <summary>The factor 1, held for the life of the process.</summary>
    public static readonly Scalar One = 1.ToScalar();

    /// <summary>The number 0, held for the life of the process.</summary>
    public static readonly Scalar Zero = 0.ToScalar();

    /// <summary><c>a + b</c>.</summary>
    public static Tensor Plus(this Tensor a, Tensor b) => a.add(b, One);

    /// <summary><c>a + number</c>. The factor is passed too: left out, TorchSharp makes one of its own.</summary>
    public static Tensor Plus(this Tensor a, double number)
    {
        using var scalar = number.ToScalar();
        return a.add(scalar, One);
    }

    /// <summary><c>a · factor</c>.</summary>
    public static Tensor Times(this Tensor a, double factor)
    {
        using var scalar = factor.ToScalar();
        return a.mul(scalar);
    }

    /// <summary><c>a · factor</c>, in place.</summary>
    public static Tensor TimesInPlace(this Tensor a, double factor)
    {
        using var scalar = factor.ToScalar();
        return a.mul_(scalar);
    }

    /// <summary><c>a + factor · b</c>, in place.</summary>
    public static Tensor PlusInPlace(this Tensor a, Tensor b, double factor)
    {
        using var scalar = factor.ToScalar();
        return a.add_(b, scalar);
    }

    /// <summary>The number in a tensor of one element.</summary>
    public static double Number(this Tensor tensor)
    {
        using var scalar = tensor.ToScalar();
        return scalar.ToDouble();
    }
}
