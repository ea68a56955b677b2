using System.Buffers.Binary;
using System.Numerics;

namespace Ark;

/// <summary>What stands in the place of NumPy's functions: arrays of plain numbers, and scalars as .NET's own types.</summary>
internal static class NumpyConstructors
{
    private const int MaxRank = 64;

    public static object DataType(PickleContext context, PickleTuple arguments)
    {
        if (arguments.Count is < 1 or > 3 || arguments[0] is not string code) throw PickleConstructors.Bad(context, "numpy.dtype");
        return NumpyDataType.Parse(code)
            ?? throw context.Error($"has a NumPy array of the unsupported type '{code}'; numbers are supported");
    }

    /// <summary>The state of a dtype: (3, byte order, …).</summary>
    public static void BuildDataType(PickleContext context, NumpyDataType type, object? state)
    {
        if (state is not PickleTuple { Count: >= 2 } tuple || tuple[1] is not string order || order is not ("<" or ">" or "|" or "="))
            throw PickleConstructors.Bad(context, "numpy.dtype");
        if (tuple.Count > 2 && tuple[2] is not null) throw context.Error("has a NumPy type with subarrays or fields, which is unsupported");
        type.BigEndian = order == ">";
    }

    public static object Reconstruct(PickleContext context, PickleTuple arguments) =>
        arguments is [PickleGlobal { Name: "numpy.ndarray" }, PickleTuple, _]
            ? new NumpyArrayBuilder()
            : throw PickleConstructors.Bad(context, "numpy._reconstruct");

    /// <summary>The state of an array: (1, shape, dtype, Fortran order, bytes).</summary>
    public static void BuildArray(PickleContext context, NumpyArrayBuilder builder, object? state)
    {
        if (builder.Result is not null || state is not PickleTuple { Count: 5 } tuple || tuple[1] is not PickleTuple shape || tuple[
            2] is not NumpyDataType type
            || tuple[3] is not bool fortran || tuple[4] is not byte[] bytes)
        {
            throw PickleConstructors.Bad(context, "numpy.ndarray");
        }

        builder.Result = Array(context, shape, type, fortran, bytes);
    }

    /// <summary>Protocol 5: (bytes, dtype, shape, order).</summary>
    public static object FromBuffer(PickleContext context, PickleTuple arguments) =>
        arguments is [byte[] bytes, NumpyDataType type, PickleTuple shape, string order] && order is "C" or "F"
            ? Array(context, shape, type, order == "F", bytes)
            : throw PickleConstructors.Bad(context, "numpy._frombuffer");

    public static object Scalar(PickleContext context, PickleTuple arguments)
    {
        if (arguments is not [NumpyDataType type, byte[] bytes] || bytes.Length != type.Size)
            throw PickleConstructors.Bad(context, "numpy.scalar");
        var b = LittleEndian(context, bytes, type);
        return (type.Kind, type.Size) switch
        {
            ('b', _) => b[0] != 0,
            ('i', 1) => (sbyte)b[0],
            ('i', 2) => BinaryPrimitives.ReadInt16LittleEndian(b),
            ('i', 4) => BinaryPrimitives.ReadInt32LittleEndian(b),
            ('i', _) => BinaryPrimitives.ReadInt64LittleEndian(b),
            ('u', 1) => b[0],
            ('u', 2) => BinaryPrimitives.ReadUInt16LittleEndian(b),
            ('u', 4) => BinaryPrimitives.ReadUInt32LittleEndian(b),
            ('u', _) => BinaryPrimitives.ReadUInt64LittleEndian(b),
            ('f', 2) => BinaryPrimitives.ReadHalfLittleEndian(b),
            ('f', 4) => BinaryPrimitives.ReadSingleLittleEndian(b),
            ('f', _) => BinaryPrimitives.ReadDoubleLittleEndian(b),
            (_, 8) => new Complex(BinaryPrimitives.ReadSingleLittleEndian(b), BinaryPrimitives.ReadSingleLittleEndian(b.AsSpan(4))),
            _ => new Complex(BinaryPrimitives.ReadDoubleLittleEndian(b), BinaryPrimitives.ReadDoubleLittleEndian(b.AsSpan(8))),
        };
    }

    private static NumpyArray Array(PickleContext context, PickleTuple shape, NumpyDataType type, bool fortran, byte[] bytes)
    {
        if (shape.Count > MaxRank || !shape.All(s => s is >= 0L)) throw context.Error("has a NumPy array of an invalid shape");
        long[] sizes = [.. shape.Cast<long>()];
        UInt128 expected = (uint)type.Size;
        foreach (var size in sizes)
        {
            expected *= (ulong)size;
            if (expected > int.MaxValue) throw context.Error("has a NumPy array whose size is too large");
        }

        if (expected != (ulong)bytes.Length)
            throw context.Error($"has a NumPy array of {expected} bytes with {bytes.Length} bytes of data");
        var data = LittleEndian(context, bytes, type);
        return new NumpyArray(type.Name, sizes, fortran && sizes.Length > 1 ? RowMajor(context, data, sizes, type.Size) : data);
    }

    private static byte[] LittleEndian(PickleContext context, byte[] bytes, NumpyDataType type)
    {
        if (!type.BigEndian) return bytes;
        context.Charge(bytes.Length);
        var swapped = (byte[])bytes.Clone();
        var width = type.Kind == 'c' ? type.Size / 2 : type.Size;
        for (var i = 0; i < swapped.Length; i += width) swapped.AsSpan(i, width).Reverse();
        return swapped;
    }

    private static byte[] RowMajor(PickleContext context, byte[] columns, long[] shape, int size)
    {
        context.Charge(columns.Length);
        context.CountSteps((long)columns.Length / size * shape.Length);
        var rows = new byte[columns.Length];
        var index = new long[shape.Length];
        for (var target = 0; target < rows.Length; target += size)
        {
            long source = 0;
            for (var d = shape.Length - 1; d >= 0; d--) source = (source * shape[d]) + index[d];
            columns.AsSpan((int)source * size, size).CopyTo(rows.AsSpan(target));
            for (var d = shape.Length - 1; d >= 0 && ++index[d] == shape[d]; d--) index[d] = 0;
        }

        return rows;
    }
}
