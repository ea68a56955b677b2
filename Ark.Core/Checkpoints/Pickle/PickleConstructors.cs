using System.Text;

namespace Ark;

/// <summary>What stands in the place of calling Python's own containers and value types.</summary>
internal static class PickleConstructors
{
    public static object Size(PickleContext context, PickleTuple arguments) =>
        arguments is [PickleTuple sizes] && sizes.All(s => s is long) ? sizes : throw Bad(context, "torch.Size");

    public static object OrderedDict(PickleContext context, PickleTuple arguments)
    {
        var result = new PickleDictionary(PickleDictionary.OrderedType);
        if (arguments.Count == 0) return result;
        // Python 2 wrote the entries as a list of pairs; other programs write the call that Python takes, with an empty tuple.
        if (arguments is not [IReadOnlyList<object?> pairs]) throw Bad(context, "collections.OrderedDict");
        foreach (var pair in pairs)
        {
            if (pair is not IReadOnlyList<object?> { Count: 2 } entry) throw Bad(context, "collections.OrderedDict");
            Add(context, result, entry[0], entry[1]);
        }

        return result;
    }

    public static object DefaultDict(PickleContext context, PickleTuple arguments) =>
        arguments.Count == 0 || arguments is [null or PickleGlobal]
            ? new PickleDictionary("collections.defaultdict")
            : throw Bad(context, "collections.defaultdict");

    public static object Counter(PickleContext context, PickleTuple arguments)
    {
        var result = new PickleDictionary("collections.Counter");
        if (arguments.Count == 0) return result;
        if (arguments is not [PickleDictionary counts]) throw Bad(context, "collections.Counter");
        foreach (var (key, value) in counts) Add(context, result, key, value);
        return result;
    }

    public static object Deque(PickleContext context, PickleTuple arguments)
    {
        var result = new PickleRecord("collections.deque", arguments);
        if (arguments.Count > 0 && arguments[0] is List<object?> first) result.ElementsToFill.AddRange(first);
        return result;
    }

    /// <summary>How protocol 2 writes bytes: text in which each character is one byte.</summary>
    public static object Encode(PickleContext context, PickleTuple arguments)
    {
        if (arguments is not [string text, string encoding]) throw Bad(context, "_codecs.encode");
        if (encoding is not ("latin1" or "latin-1"))
            throw context.Error($"_codecs.encode with the encoding '{encoding}' is not allowed; latin1 is");
        return Latin1(context, text);
    }

    public static object Bytes(PickleContext context, PickleTuple arguments) => arguments switch
    {
        [] => Array.Empty<byte>(),
        [byte[] bytes] => bytes,
        [string text, "latin1" or "latin-1"] => Latin1(context, text),
        _ => throw Bad(context, "builtins.bytes"),
    };

    public static object Set(PickleContext context, PickleTuple arguments, bool frozen)
    {
        var set = new PickleSet(frozen);
        if (arguments.Count == 0) return set;
        if (arguments is not [IReadOnlyList<object?> items]) throw Bad(context, "builtins.set");
        foreach (var item in items) AddTo(context, set, item);
        return set;
    }

    public static object Complex(PickleContext context, PickleTuple arguments) =>
        arguments is [double real, double imaginary]
            ? new System.Numerics.Complex(real, imaginary)
            : throw Bad(context, "builtins.complex");

    /// <summary>How protocols 0 and 1 write objects of plain classes.</summary>
    public static object? Reconstruct(PickleContext context, PickleTuple arguments) =>
        arguments is [PickleGlobal { Construct: { } construct }, PickleGlobal { Name: "builtins.object" }, null]
            ? construct(context, new PickleTuple())
            : throw Bad(context, "copyreg._reconstructor");

    /// <summary>How protocols 0 and 1 write objects of classes that make them themselves.</summary>
    public static object? NewObject(PickleContext context, PickleTuple arguments) =>
        arguments is [PickleGlobal { Construct: { } construct }, ..]
            ? construct(context, new PickleTuple([.. arguments.Skip(1)]))
            : throw Bad(context, "copyreg.__newobj__");

    public static void Add(PickleContext context, PickleDictionary dictionary, object? key, object? value)
    {
        key = PickleKeyComparer.ToKey(context, key);
        if (!PickleKeyComparer.IsKey(key))
            throw context.Error($"has a dictionary key of an unsupported type ({PickleReader.Describe(key)})");
        context.CountKey(key);
        if (!dictionary.TryAdd(key!, value)) throw context.Error($"has the duplicate dictionary key '{key}'");
    }

    public static void AddTo(PickleContext context, PickleSet set, object? item)
    {
        item = PickleKeyComparer.ToKey(context, item);
        if (!PickleKeyComparer.IsKey(item)) throw context.Error($"has a set member of an unsupported type ({PickleReader.Describe(item)})");
        context.CountKey(item);
        set.Add(item!);
    }

    public static CheckpointException Bad(PickleContext context, string name) =>
        context.Error($"'{name}' is not allowed with these arguments: their type or number is unexpected and invalid");

    private static byte[] Latin1(PickleContext context, string text) =>
        text.AsSpan().ContainsAnyExceptInRange('\0', '\xff')
            ? throw context.Error("has bytes written as text that is not latin1: corrupt")
            : Encoding.Latin1.GetBytes(text);
}
