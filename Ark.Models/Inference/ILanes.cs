namespace Ark.Models;

/// <summary>
/// As many single-precision numbers as a register holds. Kernels are written once for all widths; the type of the register is their
/// parameter, so that the compiler makes machine code for each.
/// </summary>
/// <remarks>Rests on: <see cref="Count"/> numbers being there at each address.</remarks>
/// <typeparam name="T">The register's type.</typeparam>
internal unsafe interface ILanes<T> where T : unmanaged, ILanes<T>
{
    /// <summary>How many: 16, 8 or 4.</summary>
    static abstract int Count { get; }

    static abstract T Zero { get; }

    static abstract T Create(float value);

    static abstract T Load(float* from);

    void Store(float* to);

    /// <summary>Rounds to bfloat16, ties to even, and stores. Not for NaN.</summary>
    void StoreBf16(ushort* to);

    static abstract T operator +(T a, T b);

    static abstract T operator -(T a, T b);

    static abstract T operator *(T a, T b);

    static abstract T operator /(T a, T b);

    /// <summary>a · b + c, rounded once.</summary>
    static abstract T MultiplyAdd(T a, T b, T c);

    static abstract T Max(T a, T b);

    static abstract T Abs(T x);

    /// <summary>For each number whether it is below zero: then the one, otherwise the other.</summary>
    static abstract T Negative(T x, T then, T otherwise);

    /// <summary>x · 2ⁿ; n are the last bits of whole numbers that were pushed out of the mantissa.</summary>
    static abstract T Scale(T x, T bits);

    static abstract float Sum(T x);

    static abstract float Largest(T x);
}
