using System.Numerics;
using System.Text;

namespace Ark.Tests.Core;

/// <summary>The unpickler alone, on pickles written by hand.</summary>
public class PickleReaderTests
{
    private static readonly HashSet<string> None = [];

    private static object? Read(string opcodes, IReadOnlySet<string>? inert = null) => Read(Encoding.Latin1.GetBytes(opcodes), inert);

    private static object? Read(byte[] opcodes, IReadOnlySet<string>? inert = null) => Read(Reader(opcodes, inert));

    private static object? Read(PickleReader reader) => PickleTree.Visit("file", reader.Read(), (_, tensor) => tensor);

    private static PickleReader Reader(byte[] opcodes, IReadOnlySet<string>? inert = null) =>
        new(new PickleInput("file", "pickle", opcodes), inert ?? None, resolve: null);

    private static string Refusal(string opcodes) => Assert.Throws<CheckpointException>(() => Read(opcodes)).Message;

    [Fact]
    public void Read_builds_what_Python_2_wrote()
    {
        var root = Assert.IsType<PickleDictionary>(Read("\u0080\u0002ccollections\nOrderedDict\n]](U\u0001aI1099511627776\nea\u0085R."));
        Assert.Equal(PickleDictionary.OrderedType, root.TypeName);
        Assert.Equal(1099511627776L, root["a"]);
    }

    [Theory]
    [InlineData("\u0080\u0002ccollections\ndefaultdict\nc__builtin__\nlist\n\u0085RX\u0001\0\0\0aK\u0001s.", "collections.defaultdict")]
    [InlineData("\u0080\u0002ccollections\nCounter\n}X\u0001\0\0\0aK\u0001s\u0085R.", "collections.Counter")]
    public void Read_builds_every_kind_of_dictionary_as_one_of_that_name(string opcodes, string type)
    {
        var root = Assert.IsType<PickleDictionary>(Read(opcodes));
        Assert.Equal(type, root.TypeName);
        Assert.Equal(1L, root["a"]);
    }

    [Fact]
    public void Read_keeps_a_dictionary_class_with_its_entries_as_a_record()
    {
        var record = Assert.IsType<PickleRecord>(
            Read("\u0080\u0002cyacs.config\nCfgNode\n)\u0081}X\u0001\0\0\0aK\u0001sbX\u0001\0\0\0bK\u0002s."));
        Assert.Equal("yacs.config.CfgNode", record.TypeName);
        Assert.Equal(2L, record.Items!["b"]);
        Assert.Equal(1L, Assert.IsType<PickleDictionary>(record.State)["a"]);
    }

    [Fact]
    public void Read_refuses_a_name_outside_the_list_and_keeps_it_as_a_record_when_the_caller_adds_it()
    {
        const string pickle = "\u0080\u0002cmypackage.config\nSettings\n)\u0081}X\u0001\0\0\0aK\u0001sb.";
        Assert.Contains("'mypackage.config.Settings', which is not allowed", Refusal(pickle), StringComparison.Ordinal);
        var record = Assert.IsType<PickleRecord>(Read(pickle, new HashSet<string> { "mypackage.config.Settings" }));
        Assert.Equal(1L, Assert.IsType<PickleDictionary>(record.State)["a"]);
    }

    [Theory]
    [InlineData("\u0080\u0004\u008c\u0002os\u008c\u0006system\u0093.", "os.system")]
    [InlineData("\u0080\u0002cos\nsystem\n.", "os.system")]
    [InlineData("\u0080\u0002ctorch._utils\n_rebuild_tensor_v2.x\n.", "_rebuild_tensor_v2.x")]
    [InlineData("\u0080\u0002ctorch\n_utils._rebuild_tensor_v2\n.", "torch._utils._rebuild_tensor_v2")]
    [InlineData("\u0080\u0002cbuiltins\ngetattr\n.", "builtins.getattr")]
    [InlineData("\u0080\u0002ctorch\nload\n.", "torch.load")]
    [InlineData("\u0080\u0002ctorch\nFloatStorage\n)R.", "not allowed")]
    [InlineData("\u0080\u0002X\u0001\0\0\0a)R.", "not allowed")]
    [InlineData("\u0080\u0002(ios\nsystem\n.", "INST")]
    [InlineData("\u0080\u0002P0\n.", "PERSID")]
    [InlineData("\u0080\u0002K\0Q.", "persistent id")]
    [InlineData("\u0080\u0002\u0082\u0001.", "EXT1")]
    [InlineData("\u0080\u0005\u0097.", "NEXT_BUFFER")]
    [InlineData("\u0080\u0009N.", "protocol")]
    [InlineData("\u0080\u0002}(K\u0001N", "truncated")]
    [InlineData("\u0080\u0002}(K\u0001NK\u0001Nu.", "duplicate")]
    [InlineData("\u0080\u0002}]Ns.", "key")]
    [InlineData("\u0080\u0002}(Nu.", "without a value")]
    [InlineData("\u0080\u0002h\0.", "memo")]
    [InlineData("\u0080\u0002]]bN.", "BUILD")]
    [InlineData("\u0080\u0002}}b.", "BUILD on dict is not allowed")]
    [InlineData("\u0080\u0002cbuiltins\nbytearray\nJ\u00ff\u00ff\u00ff\u007f\u0085R.", "not allowed with these arguments")]
    [InlineData("\u0080\u0002c_codecs\nencode\nX\u0001\0\0\0aX\u0005\0\0\0rot13\u0086R.", "rot13")]
    [InlineData("\u0080\u0002\u008b\u00ff\u00ff\u00ff\u00ff.", "integer")]
    [InlineData("\u0080\u0002X\u00ff\u00ff\u00ff\u007fa.", "truncated")]
    public void Read_refuses_what_no_checkpoint_needs(string opcodes, string reason) =>
        Assert.Contains(reason, Refusal(opcodes), StringComparison.Ordinal);

    [Fact]
    public void Read_gives_integers_of_every_size()
    {
        var list = Assert.IsType<List<object?>>(Read(
            "\u0080\u0002](K\u00ffM\u0001\u0001J\u00ff\u00ff\u00ff\u00ff\u008a\0\u008a\u0001\u0080\u008a\u0009\0\0\0\0\0\0\0\0\u0001I01\nL5L\ne."));
        Assert.Equal([255L, 257L, -1L, 0L, -128L, BigInteger.Pow(2, 64), true, 5L], list);
    }

    [Fact]
    public void Read_gives_numpy_values_whatever_their_byte_order()
    {
        var scalar = Read(
            "\u0080\u0002cnumpy.core.multiarray\nscalar\ncnumpy\ndtype\nX\u0002\0\0\0i4K\0K\u0001\u0087R(K\u0003X\u0001\0\0\0>NNNJ\u00ff\u00ff\u00ff\u00ffJ\u00ff\u00ff\u00ff\u00ffK\0tbC\u0004\0\0\0\u0007\u0086R.");
        Assert.Equal(7, Assert.IsType<int>(scalar));
    }

    [Fact]
    public void Read_refuses_values_nested_deeper_than_256_and_takes_those_that_are_not()
    {
        static string Nested(int depth) =>
            "\u0080\u0002" + string.Concat(Enumerable.Repeat("]", depth)) + string.Concat(Enumerable.Repeat("a", depth - 1)) + ".";
        Assert.IsType<List<object?>>(Read(Nested(257)));
        Assert.Contains("depth", Refusal(Nested(258)), StringComparison.Ordinal);
        Assert.Contains("depth", Refusal(Nested(1_000_000)), StringComparison.Ordinal);
    }

    [Fact]
    public void Read_refuses_a_value_that_contains_itself() =>
        Assert.Contains("depth", Refusal("\u0080\u0002]q\0h\0a."), StringComparison.Ordinal);

    [Fact]
    public void Read_refuses_values_that_multiply_by_sharing()
    {
        var bomb = new StringBuilder("\u0080\u0002]q\00");
        for (var level = 1; level < 40; level++)
            bomb.Append("](h").Append((char)(level - 1)).Append('h').Append((char)(level - 1)).Append("eq").Append((char)level).Append('0');
        bomb.Append("h\u0027.");
        // Followed to its ends it has 2^39 values.
        Assert.Contains($"the limit is {PickleLimits.Paths}", Refusal(bomb.ToString()), StringComparison.Ordinal);
    }

    [Fact]
    public void Read_refuses_endless_work_after_as_many_opcodes_as_its_limits_allow()
    {
        Assert.InRange(
            OpcodesUntilRefusal("\u0080\u0002" + new string('}', 3_000_000) + "."), 1, PickleLimits.Memory / PickleLimits.ObjectCost);
        Assert.Equal(
            PickleLimits.Opcodes + 1,
            OpcodesUntilRefusal("\u0080\u0002" + string.Concat(Enumerable.Repeat("N0", (PickleLimits.Opcodes / 2) + 10)) + "."));
        Assert.InRange(
            OpcodesUntilRefusal("\u0080\u0004N" + new string('\u0094', 5_000_000) + "."),
            1,
            (PickleLimits.Memory / PickleLimits.EntryCost) + 10);

        static int OpcodesUntilRefusal(string opcodes)
        {
            var reader = Reader(Encoding.Latin1.GetBytes(opcodes));
            Assert.Contains("limit", Assert.Throws<CheckpointException>(() => Read(reader)).Message, StringComparison.Ordinal);
            return reader.Opcodes;
        }
    }

    [Fact]
    public void Keys_chosen_to_collide_do_not_slow_a_dictionary_down()
    {
        // .NET hashes a long to the exclusive or of its halves, which is zero for all of these.
        long[] keys = [.. Enumerable.Range(1, 100_000).Select(i => ((long)i << 32) | (uint)i)];
        Assert.Single(keys.Select(k => k.GetHashCode()).Distinct());
        var pickle = new List<byte>(Encoding.Latin1.GetBytes("\u0080\u0002}("));
        foreach (var key in keys) pickle.AddRange([0x8a, 8, .. BitConverter.GetBytes(key), (byte)'N']);
        pickle.AddRange("u."u8);
        var dictionary = Assert.IsType<PickleDictionary>(Read([.. pickle]));
        Assert.Equal(keys.Length, dictionary.Count);
        // How many keys one look-up has to be compared with; a seeded hash puts at most a handful into one place.
        Assert.InRange(keys.GroupBy(k => dictionary.KeyComparer!.GetHashCode(k)).Max(g => g.Count()), 1, 5);
    }

    [Fact]
    public void Memo_indices_chosen_to_collide_do_not_slow_a_pickle_down()
    {
        // A number's own hash, and 75431 places: without a seed all of these lie in one.
        var indices = Enumerable.Range(0, 50_000).Select(i => (uint)(i * 75431L)).ToArray();
        var pickle = new List<byte>([0x80, 2, (byte)'N']);
        foreach (var index in indices) pickle.AddRange([(byte)'r', .. BitConverter.GetBytes(index)]);
        foreach (var index in indices) pickle.AddRange([(byte)'j', .. BitConverter.GetBytes(index), (byte)'0']);
        pickle.Add((byte)'.');
        var reader = Reader([.. pickle]);
        Assert.Null(Read(reader));
        Assert.InRange(reader.MemoComparisons, indices.Length, 10L * indices.Length);
    }

    [Fact]
    public void Read_refuses_work_that_is_not_linear_in_the_pickle()
    {
        // Each of these does much for a few bytes: a long text that is a key again and again, long arguments that are looked at each time.
        var key = new string('k', 1 << 20);
        AssertRefused($"\u0080\u0002X{Four(key.Length)}{key}q\00", "}h\0Ns0");
        AssertRefused($"\u0080\u0002({new string('N', 1 << 20)}tq\00ctorch\ndevice\nq\u00010", "h\u0001h\0R0");

        static string Four(int value) => Encoding.Latin1.GetString(BitConverter.GetBytes(value));

        static void AssertRefused(string start, string again)
        {
            var bytes = Encoding.Latin1.GetBytes(start + string.Concat(Enumerable.Repeat(again, 100_000)) + "N.");
            var reader = Reader(bytes);
            Assert.Contains("too much work", Assert.Throws<CheckpointException>(() => Read(reader)).Message, StringComparison.Ordinal);
            Assert.InRange(reader.Steps, 1, PickleLimits.FreeSteps + (PickleLimits.StepsPerByte * bytes.Length) + (1 << 20));
        }
    }

    [Fact]
    public void Read_counts_the_memory_of_arrays_that_are_put_in_order()
    {
        // One text of bytes, of which each array makes a copy in the machine's byte order.
        const int size = 1 << 20;
        var pickle = new StringBuilder("\u0080\u0002cnumpy\ndtype\nX\u0002\0\0\0i4K\0K\u0001\u0087R(K\u0003X\u0001\0\0\0>NNNJ\u00ff\u00ff\u00ff\u00ffJ\u00ff\u00ff\u00ff\u00ffK\0tbq\00B")
            .Append(Encoding.Latin1.GetString(BitConverter.GetBytes(size))).Append('\0', size).Append("q\u00010](");
        for (var i = 0; i < 300; i++)
            pickle.Append("cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\0\u0085C\u0001b\u0087R(K\u0001J\0\0\u0004\0\u0085h\0\u0089h\u0001tb");
        Assert.Contains("too many values", Refusal(pickle.Append("e.").ToString()), StringComparison.Ordinal);
    }
}
