using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Ark;

/// <summary>
/// The CRC-32 of zip archives, at memory speed from the first call on: the methods skip the slow first stage of the just-in-time compiler,
/// in which a library's loop would spend longer on a file than reading it takes.
/// </summary>
internal static class Crc32
{
    private const uint Polynomial = 0xEDB88320;
    private static readonly uint[] Tables = BuildTables();

    /// <summary>The checksum of bytes.</summary>
    /// <param name="bytes">The bytes.</param>
    /// <param name="before">The checksum of what came before them; 0 at the start.</param>
    public static uint Append(ReadOnlySpan<byte> bytes, uint before = 0)
    {
        var state = ~before;
        if (Pclmulqdq.IsSupported && bytes.Length >= 64)
        {
            var whole = bytes.Length & ~15;
            state = Fold(state, bytes[..whole]);
            bytes = bytes[whole..];
        }

        return ~Slice(state, bytes);
    }

    /// <summary>Eight bytes at a time through tables.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static uint Slice(uint state, ReadOnlySpan<byte> bytes)
    {
        var t = Tables.AsSpan();
        while (bytes.Length >= 8)
        {
            var low = state ^ MemoryMarshal.Read<uint>(bytes);
            var high = MemoryMarshal.Read<uint>(bytes[4..]);
            state = t[1792 + (int)(low & 0xff)] ^ t[1536 + (int)((low >> 8) & 0xff)] ^ t[1280 + (int)((low >> 16) & 0xff)] ^ t[
                1024 + (int)(low >> 24)]
                ^ t[768 + (int)(high & 0xff)] ^ t[512 + (int)((high >> 8) & 0xff)] ^ t[256 + (int)((high >> 16) & 0xff)] ^ t[
                    (int)(high >> 24)];
            bytes = bytes[8..];
        }

        foreach (var b in bytes) state = (state >> 8) ^ t[(int)((state ^ b) & 0xff)];
        return state;
    }

    /// <summary>
    /// 64 bytes at a time by carry-less multiplication, after Gopal et al., "Fast CRC Computation for Generic Polynomials Using PCLMULQDQ"
    /// (Intel, 2009): four lanes are folded forward by x^512, then into one by x^128, and reduced at the end (Barrett).
    /// Where registers are wide, most of the way goes in larger steps.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static uint Fold(uint state, ReadOnlySpan<byte> bytes)
    {
        var by512 = Vector128.Create(0x154442bd4UL, 0x1c6e41596UL);
        var by128 = Vector128.Create(0x1751997d0UL, 0x0ccaa009eUL);
        var lanes = MemoryMarshal.Cast<byte, Vector128<ulong>>(bytes);
        var a = lanes[0] ^ Vector128.CreateScalar((ulong)state);
        var b = lanes[1];
        var c = lanes[2];
        var d = lanes[3];
        lanes = lanes[4..];
        if (Pclmulqdq.V512.IsSupported && lanes.Length >= 32)
        {
            var four = FoldWide(Vector512.Create(Vector256.Create(a, b), Vector256.Create(c, d)), ref lanes);
            (a, b) = (four.GetLower().GetLower(), four.GetLower().GetUpper());
            (c, d) = (four.GetUpper().GetLower(), four.GetUpper().GetUpper());
        }

        while (lanes.Length >= 4)
        {
            a = Forward(a, by512) ^ lanes[0];
            b = Forward(b, by512) ^ lanes[1];
            c = Forward(c, by512) ^ lanes[2];
            d = Forward(d, by512) ^ lanes[3];
            lanes = lanes[4..];
        }

        a = Forward(a, by128) ^ b;
        a = Forward(a, by128) ^ c;
        a = Forward(a, by128) ^ d;
        foreach (var lane in lanes) a = Forward(a, by128) ^ lane;

        // 128 bits to 96, to 64, to 32.
        var low32 = Vector128.Create(0xffffffffUL, 0xffffffffUL);
        a = Pclmulqdq.CarrylessMultiply(a, by128, 0x10) ^ Sse2.ShiftRightLogical128BitLane(a, 8);
        a = Pclmulqdq.CarrylessMultiply(a & low32, Vector128.CreateScalar(0x163cd6124UL), 0x00) ^ Sse2.ShiftRightLogical128BitLane(a, 4);
        var barrett = Vector128.Create(0x1db710641UL, 0x1f7011641UL);
        var quotient = Pclmulqdq.CarrylessMultiply(a & low32, barrett, 0x10);
        a ^= Pclmulqdq.CarrylessMultiply(quotient & low32, barrett, 0x00);
        return a.AsUInt32().GetElement(1);
    }

    /// <summary>The same for four times as many lanes: 256 bytes at a time by x^2048, as far as they go.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static Vector512<ulong> FoldWide(Vector512<ulong> first, ref ReadOnlySpan<Vector128<ulong>> lanes)
    {
        var by2048 = Vector512.Create(Vector256.Create(Vector128.Create(0x11542778aUL, 0x1322d1430UL)));
        var by512 = Vector512.Create(Vector256.Create(Vector128.Create(0x154442bd4UL, 0x1c6e41596UL)));
        var wide = MemoryMarshal.Cast<Vector128<ulong>, Vector512<ulong>>(lanes);
        var (a, b, c, d) = (first, wide[0], wide[1], wide[2]);
        var i = 3;
        for (; i <= wide.Length - 4; i += 4)
        {
            a = Forward(a, by2048) ^ wide[i];
            b = Forward(b, by2048) ^ wide[i + 1];
            c = Forward(c, by2048) ^ wide[i + 2];
            d = Forward(d, by2048) ^ wide[i + 3];
        }

        lanes = lanes[(4 * i)..];
        return Forward(Forward(Forward(a, by512) ^ b, by512) ^ c, by512) ^ d;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<ulong> Forward(Vector512<ulong> lane, Vector512<ulong> by) =>
        Pclmulqdq.V512.CarrylessMultiply(lane, by, 0x00) ^ Pclmulqdq.V512.CarrylessMultiply(lane, by, 0x11);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<ulong> Forward(Vector128<ulong> lane, Vector128<ulong> by) =>
        Pclmulqdq.CarrylessMultiply(lane, by, 0x00) ^ Pclmulqdq.CarrylessMultiply(lane, by, 0x11);

    private static uint[] BuildTables()
    {
        var tables = new uint[8 * 256];
        for (uint i = 0; i < 256; i++)
        {
            var value = i;
            for (var bit = 0; bit < 8; bit++) value = (value & 1) != 0 ? (value >> 1) ^ Polynomial : value >> 1;
            tables[i] = value;
        }

        for (var i = 256; i < tables.Length; i++) tables[i] = (tables[i - 256] >> 8) ^ tables[tables[i - 256] & 0xff];
        return tables;
    }
}
