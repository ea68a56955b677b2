using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace Ark.Models;

/// <summary>Small things that are done to rows, in registers of whatever width.</summary>
/// <remarks>Rests on: rows of whole vectors of 16 numbers being there at each address.</remarks>
internal static unsafe class Elementwise
{
    /// <summary>Adds a row to another.</summary>
    public static void Add(float* to, float* from, int count)
    {
        Debug.Assert(to is not null && from is not null && count % VectorMath.Lanes == 0, "Rows are whole vectors.");
        if (KernelWidth.Is512) Add<Lanes16>(to, from, count);
        else if (KernelWidth.Is256) Add<Lanes8>(to, from, count);
        else Add<Lanes4>(to, from, count);
    }

    /// <summary>Multiplies a row by a number; into single precision, or bfloat16.</summary>
    public static void Scale(float* from, float factor, void* to, int count, bool toBf16)
    {
        Debug.Assert(to is not null && from is not null && count % VectorMath.Lanes == 0, "Rows are whole vectors.");
        if (KernelWidth.Is512) Scale<Lanes16>(from, factor, to, count, toBf16);
        else if (KernelWidth.Is256) Scale<Lanes8>(from, factor, to, count, toBf16);
        else Scale<Lanes4>(from, factor, to, count, toBf16);
    }

    /// <summary>GELU of a row; zeros of one that is made up.</summary>
    public static void Activate(float* from, float* to, int count)
    {
        Debug.Assert(to is not null && count % VectorMath.Lanes == 0, "Rows are whole vectors.");
        if (from is null) new Span<float>(to, count).Clear();
        else if (KernelWidth.Is512) Activate<Lanes16>(from, to, count);
        else if (KernelWidth.Is256) Activate<Lanes8>(from, to, count);
        else Activate<Lanes4>(from, to, count);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Add<T>(float* to, float* from, int count) where T : unmanaged, ILanes<T>
    {
        for (var i = 0; i < count; i += T.Count) (T.Load(to + i) + T.Load(from + i)).Store(to + i);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Scale<T>(float* from, float factor, void* to, int count, bool toBf16) where T : unmanaged, ILanes<T>
    {
        var scale = T.Create(factor);
        for (var i = 0; i < count; i += T.Count)
        {
            var value = T.Load(from + i) * scale;
            if (toBf16) value.StoreBf16((ushort*)to + i);
            else value.Store((float*)to + i);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Activate<T>(float* from, float* to, int count) where T : unmanaged, ILanes<T>
    {
        var table = Gelu.Table;
        for (var i = 0; i < count; i += T.Count) Gelu.Apply(T.Load(from + i), table).Store(to + i);
    }
}
