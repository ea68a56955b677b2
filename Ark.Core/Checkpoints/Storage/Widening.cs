namespace Ark;

/// <summary>Element types that TorchSharp lacks; each has a wider one that holds its values exactly.</summary>
internal enum Widening
{
    /// <summary>None is needed.</summary>
    None,

    /// <summary>To 32-bit integers.</summary>
    UInt16,

    /// <summary>To 64-bit integers.</summary>
    UInt32,

    /// <summary>To 64-bit integers; refused where a value is larger.</summary>
    UInt64,

    /// <summary>Pairs of half floats, to pairs of floats.</summary>
    Complex32,

    /// <summary>4 exponent bits, no infinities, to floats.</summary>
    Float8E4M3,

    /// <summary>5 exponent bits, to floats.</summary>
    Float8E5M2,
}
