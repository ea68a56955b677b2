using System.Buffers;
using System.Buffers.Binary;
using System.Collections;
using System.Globalization;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Text;
using static TorchSharp.torch;

namespace Ark;

/// <summary>Writes values as a pickle of protocol 2, using only what <c>torch.load(weights_only=True)</c> accepts.</summary>
internal sealed class PickleWriter(StorageTable storages)
{
    private readonly ArrayBufferWriter<byte> _output = new();
    private readonly Dictionary<string, int> _memo = new(StringComparer.Ordinal);

    /// <summary>The pickle of a value. Its tensors are entered into the table of storages.</summary>
    /// <exception cref="ArgumentException">The value holds something that cannot be written.</exception>
    public ReadOnlyMemory<byte> Write(object value)
    {
        Put(0x80, 2);
        WriteValue(value, 0);
        Put((byte)'.');
        return _output.WrittenMemory;
    }

    private void WriteValue(object? value, int depth)
    {
        if (depth > PickleLimits.Depth)
            throw new ArgumentException(
                $"The value is nested more than {PickleLimits.Depth} levels deep, or contains itself.", nameof(value));
        switch (value)
        {
            case null:
                Put((byte)'N');
                break;
            case bool flag:
                Put(flag ? (byte)0x88 : (byte)0x89);
                break;
            case string text:
                WriteText(text);
                break;
            case long or int or short or sbyte or byte or ushort or uint:
                WriteInteger(Convert.ToInt64(value, CultureInfo.InvariantCulture));
                break;
            case ulong large:
                WriteInteger(large);
                break;
            case BigInteger big:
                WriteInteger(big);
                break;
            case double or float:
                WriteDouble(Convert.ToDouble(value, CultureInfo.InvariantCulture));
                break;
            case Tensor tensor:
                WriteTensor(TensorSource.Of(tensor));
                break;
            case TensorSource source:
                WriteTensor(source);
                break;
            case byte[] bytes:
                WriteGlobal("_codecs", "encode");
                WriteText(Encoding.Latin1.GetString(bytes));
                WriteText("latin1");
                Put(0x86, (byte)'R');
                break;
            default:
                WriteContainer(value, depth);
                break;
        }
    }

    private void WriteContainer(object value, int depth)
    {
        switch (value)
        {
            case PickleTuple tuple:
                WriteTuple(tuple, depth);
                break;
            case PickleDictionary dictionary:
                WriteDictionary(
                    dictionary.Select(e => ((object)e.Key, e.Value)), dictionary.TypeName == PickleDictionary.OrderedType, depth);
                break;
            case IEnumerable<KeyValuePair<string, Tensor>> state:
                WriteDictionary(state.Select(e => ((object)e.Key, (object?)e.Value)), ordered: true, depth);
                break;
            case IEnumerable<KeyValuePair<string, TensorSource>> state:
                WriteDictionary(state.Select(e => ((object)e.Key, (object?)e.Value)), ordered: true, depth);
                break;
            case IDictionary map:
                WriteDictionary(Entries(map), ordered: false, depth);
                break;
            case IEnumerable<KeyValuePair<string, object?>> map:
                WriteDictionary(map.Select(e => ((object)e.Key, e.Value)), ordered: false, depth);
                break;
            case ITuple tuple:
                WriteTuple(new PickleTuple([.. Enumerable.Range(0, tuple.Length).Select(i => tuple[i])]), depth);
                break;
            case PickleRecord or PickleSet or NumpyArray:
                throw new ArgumentException(
                    $"A {PickleReader.Describe(value)} cannot be written so that every torch.load accepts it.", nameof(value));
            case IEnumerable list:
                Put((byte)']', (byte)'(');
                foreach (var item in list) WriteValue(item, depth + 1);
                Put((byte)'e');
                break;
            default:
                throw new ArgumentException($"A value of type {value.GetType()} cannot be written to a checkpoint.", nameof(value));
        }
    }

    private static IEnumerable<(object Key, object? Value)> Entries(IDictionary map)
    {
        foreach (DictionaryEntry entry in map) yield return (entry.Key, entry.Value);
    }

    private void WriteDictionary(IEnumerable<(object Key, object? Value)> entries, bool ordered, int depth)
    {
        if (ordered) WriteEmptyOrderedDict();
        else Put((byte)'}');
        Put((byte)'(');
        foreach (var (key, value) in entries)
        {
            if (key is not (string or long or int or short or byte or bool or double or PickleTuple))
                throw new ArgumentException($"A dictionary key of type {key.GetType()} cannot be written.", nameof(entries));
            WriteValue(key, depth + 1);
            WriteValue(value, depth + 1);
        }

        Put((byte)'u');
    }

    private void WriteTuple(PickleTuple tuple, int depth)
    {
        Put((byte)'(');
        foreach (var item in tuple) WriteValue(item, depth + 1);
        Put((byte)'t');
    }

    private void WriteTensor(TensorSource tensor)
    {
        var key = storages.Add(tensor);
        WriteGlobal("torch._utils", "_rebuild_tensor_v2");
        Put((byte)'(', (byte)'(');
        WriteText("storage");
        WriteGlobal("torch", tensor.Element.StorageName!);
        WriteText(key.ToString(CultureInfo.InvariantCulture));
        WriteText("cpu");
        WriteInteger(tensor.Count);
        Put((byte)'t', (byte)'Q');
        WriteInteger(0);
        WriteSizes(tensor.Shape);
        WriteSizes(StoredTensor.RowMajorStrides(tensor.Shape));
        Put(0x89);
        WriteEmptyOrderedDict();
        Put((byte)'t', (byte)'R');
    }

    private void WriteSizes(long[] sizes)
    {
        Put((byte)'(');
        foreach (var size in sizes) WriteInteger(size);
        Put((byte)'t');
    }

    private void WriteEmptyOrderedDict()
    {
        WriteGlobal("collections", "OrderedDict");
        Put((byte)')', (byte)'R');
    }

    private void WriteGlobal(string module, string name)
    {
        var key = $"c{module}\n{name}\n";
        if (!Recall(key)) Remember(key, () => PutAscii(key));
    }

    private void WriteText(string text)
    {
        // Keys repeat (state names, group options); long texts rarely do.
        if (text.Length > 64)
        {
            PutText(text);
            return;
        }

        var key = "X" + text;
        if (!Recall(key)) Remember(key, () => PutText(text));
    }

    private void PutText(string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        Put((byte)'X');
        PutInt32(bytes.Length);
        _output.Write(bytes);
    }

    private void WriteInteger(BigInteger value)
    {
        if (value >= 0 && value <= byte.MaxValue) Put((byte)'K', (byte)value);
        else if (value >= int.MinValue && value <= int.MaxValue)
        {
            Put((byte)'J');
            PutInt32((int)value);
        }
        else
        {
            var bytes = value.ToByteArray();
            if (bytes.Length > byte.MaxValue) throw new ArgumentException("An integer has more than 255 bytes.", nameof(value));
            Put(0x8a, (byte)bytes.Length);
            _output.Write(bytes);
        }
    }

    private void WriteDouble(double value)
    {
        Put((byte)'G');
        BinaryPrimitives.WriteDoubleBigEndian(_output.GetSpan(8), value);
        _output.Advance(8);
    }

    private bool Recall(string key)
    {
        if (!_memo.TryGetValue(key, out var index)) return false;
        if (index <= byte.MaxValue) Put((byte)'h', (byte)index);
        else
        {
            Put((byte)'j');
            PutInt32(index);
        }

        return true;
    }

    private void Remember(string key, Action write)
    {
        write();
        var index = _memo.Count;
        _memo.Add(key, index);
        if (index <= byte.MaxValue) Put((byte)'q', (byte)index);
        else
        {
            Put((byte)'r');
            PutInt32(index);
        }
    }

    private void PutInt32(int value)
    {
        BinaryPrimitives.WriteInt32LittleEndian(_output.GetSpan(4), value);
        _output.Advance(4);
    }

    private void PutAscii(string text) => _output.Write(Encoding.ASCII.GetBytes(text));

    private void Put(params ReadOnlySpan<byte> bytes) => _output.Write(bytes);
}
