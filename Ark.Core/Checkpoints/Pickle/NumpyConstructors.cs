using System.Buffers.Binary;
using System.Numerics;
using System.Text;

namespace Ark;

/// <summary>What stands in the place of NumPy's functions: arrays of plain numbers, and scalars as .NET's own types.</summary>
internal static class NumpyConstructors
{
    private const int MaxRank = 64;
    private static readonly UTF32Encoding Utf32 = new(bigEndian: false, byteOrderMark: false, throwOnInvalidCharacters: true);

    public static object DataType(PickleContext context, PickleTuple arguments)
    {
        if (arguments is [PickleGlobal { Name: "numpy.record" }, ..]) return NumpyDataType.Structure();
        if (arguments.Count is < 1 or > 3 || arguments[0] is not string code) throw PickleConstructors.Bad(context, "numpy.dtype");
        return NumpyDataType.Parse(code)
            ?? throw context.Error($"has a NumPy array of the unsupported type '{code}'");
    }

    /// <summary>The state of a dtype: (3, byte order, …).</summary>
    public static void BuildDataType(PickleContext context, NumpyDataType type, object? state)
    {
        if (state is not PickleTuple { Count: >= 2 } tuple || tuple[1] is not string order || order is not ("<" or ">" or "|" or "="))
            throw PickleConstructors.Bad(context, "numpy.dtype");
        // What a structure consists of does not matter to whoever looks for weights.
        if (tuple.Count > 2 && tuple[2] is not null && type.Kind != 'V')
            throw context.Error("has a NumPy type with subarrays or fields, which is unsupported");
        if (tuple.Count > 5 && tuple[5] is long size && !type.TrySize(size))
            throw context.Error($"has a NumPy type whose size of {size} bytes is out of range");
        type.BigEndian = order == ">";
    }

    public static object Reconstruct(PickleContext context, PickleTuple arguments) =>
        arguments is [PickleGlobal
        {
            Name: "numpy.ndarray" or "numpy.recarray" or "numpy.memmap" or "numpy.matrix"
        }, PickleTuple, _]
            ? new NumpyArrayBuilder()
            : throw PickleConstructors.Bad(context, "numpy._reconstruct");

    /// <summary>The state of an array: (1, shape, dtype, Fortran order, bytes).</summary>
    public static void BuildArray(PickleContext context, NumpyArrayBuilder builder, object? state)
    {
        if (builder.Result is not null || state is not PickleTuple { Count: 5 } tuple || tuple[1] is not PickleTuple shape || tuple[
            2] is not NumpyDataType type
            || tuple[3] is not bool fortran)
        {
            throw PickleConstructors.Bad(context, "numpy.ndarray");
        }

        builder.Result = (type.Kind, tuple[4]) switch
        {
            ('O', List<object?> objects) => Objects(context, shape, objects),
            (not 'O', byte[] bytes) => Array(context, shape, type, fortran, bytes),
            _ => throw PickleConstructors.Bad(context, "numpy.ndarray"),
        };
    }

    /// <summary>Protocol 5: (bytes, dtype, shape, order).</summary>
    public static object FromBuffer(PickleContext context, PickleTuple arguments) =>
        arguments is [byte[] bytes, NumpyDataType { Kind: not 'O' } type, PickleTuple shape, string order] && order is "C" or "F"
            ? Array(context, shape, type, order == "F", bytes)
            : throw PickleConstructors.Bad(context, "numpy._frombuffer");

    public static object Scalar(PickleContext context, PickleTuple arguments)
    {
        if (arguments is not [NumpyDataType type, byte[] bytes] || bytes.Length != type.Size)
            throw PickleConstructors.Bad(context, "numpy.scalar");
        var b = LittleEndian(context, bytes, type);
        if (!type.IsNumber) return Other(context, type, b);
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

    private static object Other(PickleContext context, NumpyDataType type, byte[] bytes)
    {
        switch (type.Kind)
        {
            case 'U':
                try
                {
                    return Utf32.GetString(bytes).TrimEnd('\0');
                }
                catch (DecoderFallbackException)
                {
                    throw context.Error("has a NumPy text that is not UTF-32: corrupt");
                }

            case 'S':
                return bytes.AsSpan().TrimEnd((byte)0).ToArray();
            default:
                return new PickleRecord($"numpy.{type.Name}", new PickleTuple((object)bytes));
        }
    }

    /// <summary>An array of Python objects: its shape, and the objects row by row.</summary>
    private static PickleRecord Objects(PickleContext context, PickleTuple shape, List<object?> objects)
    {
        Sizes(context, shape, 1, objects.Count, "objects");
        var result = new PickleRecord("numpy.ndarray", new PickleTuple(shape));
        result.ElementsToFill.AddRange(objects);
        return result;
    }

    private static NumpyArray Array(PickleContext context, PickleTuple shape, NumpyDataType type, bool fortran, byte[] bytes)
    {
        var sizes = Sizes(context, shape, type.Size, bytes.Length, "bytes");
        var data = LittleEndian(context, bytes, type);
        return new NumpyArray(type.Name, sizes, fortran && sizes.Length > 1 ? RowMajor(context, data, sizes, type.Size) : data);
    }

    /// <summary>The sizes of an array, which must be those of what there is.</summary>
    private static long[] Sizes(PickleContext context, PickleTuple shape, int width, int there, string what)
    {
        if (shape.Count > MaxRank || !shape.All(s => s is >= 0L)) throw context.Error("has a NumPy array of an invalid shape");
        long[] sizes = [.. shape.Cast<long>()];
        UInt128 expected = (uint)width;
        foreach (var size in sizes)
        {
            expected *= (ulong)size;
            if (expected > int.MaxValue) throw context.Error("has a NumPy array whose size is too large");
        }

        return expected == (ulong)there
            ? sizes
            : throw context.Error($"has a NumPy array of {expected} {what} with {there} {what} of data");
    }

    private static byte[] LittleEndian(PickleContext context, byte[] bytes, NumpyDataType type)
    {
        if (!type.BigEndian || type.Kind is 'S' or 'V') return bytes;
        context.Charge(bytes.Length);
        var swapped = (byte[])bytes.Clone();
        var width = type.Kind switch { 'c' => type.Size / 2, 'U' => 4, _ => type.Size };
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
