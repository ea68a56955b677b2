using System.Globalization;
using System.Numerics;
using System.Security.Cryptography;
using System.Text.Json;
using static TorchSharp.torch;

namespace Ark.Tests;

/// <summary>Compares what was read with what Python recorded of the same file: the tree as JSON, the tensors as safetensors.</summary>
internal static class RecordedTree
{
    /// <summary>The contiguous little-endian bytes of a tensor.</summary>
    public static byte[] BytesOf(Tensor tensor)
    {
        using var detached = tensor.detach();
        using var dense = detached.contiguous();
        return dense.bytes.ToArray();
    }

    public static string Sha256Of(Tensor tensor) => Convert.ToHexStringLower(SHA256.HashData(BytesOf(tensor)));

    public static string NameOf(ScalarType type) => type switch
    {
        ScalarType.Byte => "uint8",
        ScalarType.ComplexFloat32 => "complex64",
        ScalarType.ComplexFloat64 => "complex128",
        _ => type.ToString().ToLowerInvariant(),
    };

    public static void AssertMatches(JsonElement expected, object? actual, IReadOnlyDictionary<string, Tensor> tensors)
    {
        var kind = expected.GetProperty("t").GetString()!;
        switch (kind)
        {
            case "NoneType":
                Assert.Null(actual);
                break;
            case "bool":
                Assert.Equal(expected.GetProperty("value").GetBoolean(), actual);
                break;
            case "int":
                var text = expected.GetProperty("value").GetRawText();
                Assert.Equal(
                    BigInteger.Parse(text, CultureInfo.InvariantCulture),
                    actual is BigInteger big ? big : (BigInteger)Assert.IsType<long>(actual));
                break;
            case "float":
                Assert.Equal(expected.GetProperty("value").GetDouble(), actual);
                break;
            case "str":
                Assert.Equal(expected.GetProperty("value").GetString(), actual);
                break;
            case "bytes":
                Assert.Equal(expected.GetProperty("value").EnumerateArray().Select(e => e.GetByte()), Assert.IsType<byte[]>(actual));
                break;
            case "set":
                Assert.Equal(
                    expected.GetProperty("value").EnumerateArray().Select(e => (object)e.GetInt64()), Assert.IsType<PickleSet>(actual));
                break;
            case "list":
                AssertItems(expected, Assert.IsType<List<object?>>(actual), tensors);
                break;
            case "tuple":
                AssertItems(expected, Assert.IsType<PickleTuple>(actual), tensors);
                break;
            case "dict":
                AssertEntries(expected, Assert.IsType<PickleDictionary>(actual), PickleDictionary.PlainType, tensors);
                break;
            case "OrderedDict":
                AssertEntries(expected, Assert.IsType<PickleDictionary>(actual), PickleDictionary.OrderedType, tensors);
                break;
            case "argparse.Namespace":
                var record = Assert.IsType<PickleRecord>(actual);
                Assert.Equal(kind, record.TypeName);
                AssertEntries(expected, Assert.IsType<PickleDictionary>(record.State), PickleDictionary.PlainType, tensors);
                break;
            case "numpy.float64":
                Assert.Equal(expected.GetProperty("value").GetDouble(), Assert.IsType<double>(actual));
                break;
            case "numpy.float32":
                Assert.Equal(expected.GetProperty("value").GetSingle(), Assert.IsType<float>(actual));
                break;
            case "numpy.int64":
                Assert.Equal(expected.GetProperty("value").GetInt64(), Assert.IsType<long>(actual));
                break;
            case "numpy.ndarray":
                AssertArray(expected, Assert.IsType<NumpyArray>(actual));
                break;
            case "tensor":
            case "Parameter":
                AssertTensor(expected, actual, kind == "Parameter", tensors);
                break;
            default:
                Assert.Fail($"The recorded type '{kind}' is new.");
                break;
        }
    }

    private static void AssertItems(JsonElement expected, IReadOnlyList<object?> actual, IReadOnlyDictionary<string, Tensor> tensors)
    {
        var items = expected.GetProperty("items").EnumerateArray().ToList();
        Assert.Equal(items.Count, actual.Count);
        for (var i = 0; i < items.Count; i++) AssertMatches(items[i], actual[i], tensors);
    }

    private static void AssertEntries(
        JsonElement expected, PickleDictionary actual, string type, IReadOnlyDictionary<string, Tensor> tensors)
    {
        Assert.Equal(type, actual.TypeName);
        var entries = expected.GetProperty("items").EnumerateArray().ToList();
        Assert.Equal(entries.Select(e => e[0].ValueKind == JsonValueKind.String ? e[0].GetString() : (object)e[0].GetInt64()), actual.Keys);
        foreach (var (entry, value) in entries.Zip(actual.Values)) AssertMatches(entry[1], value, tensors);
    }

    private static void AssertArray(JsonElement expected, NumpyArray actual)
    {
        Assert.Equal(expected.GetProperty("dtype").GetString(), actual.DataType);
        Assert.Equal(Numbers(expected.GetProperty("shape")), actual.Shape);
        double[] values = [.. expected
            .GetProperty("value")
            .EnumerateArray()
            .SelectMany(row => row.EnumerateArray())
            .Select(e => e.GetDouble())];
        var read = actual.DataType == "float32"
            ? System.Runtime.InteropServices.MemoryMarshal.Cast<byte, float>(actual.Data.Span).ToArray().Select(v => (double)v)
            : System.Runtime.InteropServices.MemoryMarshal.Cast<byte, double>(actual.Data.Span).ToArray();
        Assert.Equal(values, read);
    }

    private static void AssertTensor(JsonElement expected, object? actual, bool parameter, IReadOnlyDictionary<string, Tensor> tensors)
    {
        var tensor = Assert.IsAssignableFrom<Tensor>(actual);
        Assert.Equal(parameter, tensor is TorchSharp.Modules.Parameter);
        Assert.Equal(expected.GetProperty("dtype").GetString(), NameOf(tensor.dtype));
        Assert.Equal(Numbers(expected.GetProperty("shape")), tensor.shape);
        Assert.Equal(Numbers(expected.GetProperty("stride")), tensor.stride());
        Assert.Equal(expected.GetProperty("storage_offset").GetInt64(), tensor.storage_offset());
        Assert.Equal(expected.GetProperty("requires_grad").GetBoolean(), tensor.requires_grad);
        var key = expected.GetProperty("key").GetString()!;
        Assert.Equal(BytesOf(tensors[key.Length == 0 ? "value" : key]), BytesOf(tensor));
    }

    private static IEnumerable<long> Numbers(JsonElement array) => array.EnumerateArray().Select(e => e.GetInt64());
}
