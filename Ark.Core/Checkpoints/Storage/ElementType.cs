using System.Collections.Frozen;
using static TorchSharp.torch;

namespace Ark;

/// <summary>One kind of tensor element and what each format calls it.</summary>
internal sealed class ElementType
{
    private ElementType(string name, int size, ScalarType scalar, string? storage, string? safetensors, Widening widening = Widening.None)
    {
        Name = name;
        Size = size;
        Scalar = scalar;
        StorageName = storage;
        SafetensorsName = safetensors;
        Widening = widening;
    }

    /// <summary>PyTorch's name without <c>torch.</c>: <c>float32</c>.</summary>
    public string Name { get; }

    /// <summary>Bytes of one element in the file.</summary>
    public int Size { get; }

    /// <summary>The type of the tensor that it becomes.</summary>
    public ScalarType Scalar { get; }

    /// <summary>The class name of PyTorch's typed storage, where there is one.</summary>
    public string? StorageName { get; }

    /// <summary>The name in a safetensors header, where there is one.</summary>
    public string? SafetensorsName { get; }

    /// <summary>How elements become <see cref="Scalar"/>, where TorchSharp has no such type itself.</summary>
    public Widening Widening { get; }

    /// <summary>Every type that PyTorch 1.x and 2.x write and that can be represented without loss.</summary>
    public static IReadOnlyList<ElementType> All { get; } =
    [
        new("float64", 8, ScalarType.Float64, "DoubleStorage", "F64"),
        new("float32", 4, ScalarType.Float32, "FloatStorage", "F32"),
        new("float16", 2, ScalarType.Float16, "HalfStorage", "F16"),
        new("bfloat16", 2, ScalarType.BFloat16, "BFloat16Storage", "BF16"),
        new("int64", 8, ScalarType.Int64, "LongStorage", "I64"),
        new("int32", 4, ScalarType.Int32, "IntStorage", "I32"),
        new("int16", 2, ScalarType.Int16, "ShortStorage", "I16"),
        new("int8", 1, ScalarType.Int8, "CharStorage", "I8"),
        new("uint8", 1, ScalarType.Byte, "ByteStorage", "U8"),
        new("bool", 1, ScalarType.Bool, "BoolStorage", "BOOL"),
        new("complex64", 8, ScalarType.ComplexFloat32, "ComplexFloatStorage", "C64"),
        new("complex128", 16, ScalarType.ComplexFloat64, "ComplexDoubleStorage", null),
        new("uint16", 2, ScalarType.Int32, null, "U16", Widening.UInt16),
        new("uint32", 4, ScalarType.Int64, null, "U32", Widening.UInt32),
        new("uint64", 8, ScalarType.Int64, null, "U64", Widening.UInt64),
        new("complex32", 4, ScalarType.ComplexFloat32, null, null, Widening.Complex32),
        new("float8_e4m3fn", 1, ScalarType.Float32, null, "F8_E4M3", Widening.Float8E4M3),
        new("float8_e5m2", 1, ScalarType.Float32, null, "F8_E5M2", Widening.Float8E5M2),
    ];

    /// <summary>The bytes of untyped storages.</summary>
    public static ElementType Byte { get; } = All.Single(e => e.Name == "uint8");

    private static readonly FrozenDictionary<string, ElementType> ByName = All.ToFrozenDictionary(e => e.Name, StringComparer.Ordinal);
    private static readonly FrozenDictionary<string, ElementType> BySafetensorsName =
        All.Where(e => e.SafetensorsName is not null).ToFrozenDictionary(e => e.SafetensorsName!, StringComparer.Ordinal);
    private static readonly FrozenDictionary<ScalarType, ElementType> ByScalar =
        All.Where(e => e.Widening == Widening.None).ToFrozenDictionary(e => e.Scalar);

    /// <summary>The type of a PyTorch name, or <see langword="null"/>.</summary>
    public static ElementType? OfName(string name) => ByName.GetValueOrDefault(name);

    /// <summary>The type of a safetensors name, or <see langword="null"/>.</summary>
    public static ElementType? OfSafetensorsName(string name) => BySafetensorsName.GetValueOrDefault(name);

    /// <summary>The type of a tensor's elements, or <see langword="null"/> for quantised ones.</summary>
    public static ElementType? OfScalar(ScalarType type) => ByScalar.GetValueOrDefault(type);
}
