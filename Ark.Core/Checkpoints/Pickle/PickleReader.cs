using System.Globalization;
using System.Numerics;
using System.Text;

namespace Ark;

/// <summary>
/// A restricted unpickler: a stack machine that builds inert values. Names outside the allow-list end it, and so do opcodes
/// that real checkpoints do not contain. It does not recurse.
/// </summary>
/// <param name="input">Where the pickle begins.</param>
/// <param name="inertNames">Further names that become records.</param>
/// <param name="resolve">Answers persistent ids (references to storages); <see langword="null"/> when there are none.</param>
internal sealed class PickleReader(PickleInput input, IReadOnlySet<string> inertNames, Func<PickleContext, object?, object?>? resolve)
{
    private static readonly UTF8Encoding Utf8 = new(false, throwOnInvalidBytes: true);
    private static readonly object True = true;
    private static readonly object False = false;
    private static readonly object[] SmallIntegers = [.. Enumerable.Range(0, 257).Select(i => (object)(long)i)];

    private readonly PickleContext _context = new(input);
    private readonly List<object?> _stack = [];
    private readonly List<int> _marks = [];
    private readonly PickleMemo _memo = new();
    private int _opcodes;

    /// <summary>What a value is called in messages.</summary>
    public static string Describe(object? value) => value switch
    {
        null => "None",
        PickleGlobal global => global.Name,
        PickleRecord record => record.TypeName,
        PickleDictionary dictionary => dictionary.TypeName,
        PickleTuple => "tuple",
        PickleSet => "set",
        List<object?> => "list",
        StoredTensor => "tensor",
        StoredStorage => "storage",
        NumpyArray or NumpyArrayBuilder => "numpy.ndarray",
        _ => value.GetType().Name,
    };

    /// <summary>Opcodes executed so far: the work that was done, whatever the clock says.</summary>
    public int Opcodes => _opcodes;

    /// <summary>Work beyond the opcodes themselves, counted as <see cref="PickleLimits.StepsPerByte"/> says.</summary>
    public long Steps => _context.Steps;

    /// <summary>How many entries of the memo were compared with an index that was looked up.</summary>
    public long MemoComparisons => _memo.Comparisons;

    /// <summary>Reads one pickle, up to and including its STOP.</summary>
    public object? Read()
    {
        _stack.Clear();
        _marks.Clear();
        _memo.Clear();
        while (true)
        {
            if (++_opcodes > PickleLimits.Opcodes) throw input.Error($"has too many opcodes; the limit is {PickleLimits.Opcodes}");
            var opcode = input.ReadByte();
            if (opcode == (byte)'.')
            {
                if (_stack.Count != 1 || _marks.Count != 0)
                    throw input.Error($"leaves {_stack.Count} values on the stack where there must be one: the pickle is corrupt");
                return _stack[0];
            }

            Execute(opcode);
        }
    }

    private void Execute(byte opcode)
    {
        switch (opcode)
        {
            case 0x80: // PROTO
                var protocol = input.ReadByte();
                if (protocol > 5) throw input.Error($"has pickle protocol {protocol}, which is unsupported; 2 to 5 are supported");
                break;
            case 0x95: // FRAME
                var frame = input.ReadInt64();
                if (frame < 0 || frame > input.Remaining)
                    throw input.Error($"is truncated or corrupt: a frame of length {frame} is too long");
                break;
            case (byte)'N':
                Push(null);
                break;
            case 0x88: // NEWTRUE
                Push(True);
                break;
            case 0x89: // NEWFALSE
                Push(False);
                break;
            case (byte)'K': // BININT1
                Push(SmallIntegers[input.ReadByte()]);
                break;
            case (byte)'M': // BININT2
                PushNew((long)input.ReadUInt16());
                break;
            case (byte)'J': // BININT
                PushNew((long)input.ReadInt32());
                break;
            case (byte)'I':
                PushInteger(input.ReadLine());
                break;
            case (byte)'L':
                PushInteger(input.ReadLine().TrimEnd('L'));
                break;
            case 0x8a: // LONG1
                PushLong(input.ReadByte());
                break;
            case 0x8b: // LONG4
                PushLong(input.ReadInt32());
                break;
            case (byte)'G': // BINFLOAT
                PushNew(input.ReadBigEndianDouble());
                break;
            case (byte)'F':
                PushNew(double.TryParse(input.ReadLine(), NumberStyles.Float, CultureInfo.InvariantCulture, out var number)
                    ? number
                    : throw input.Error("has an invalid number"));
                break;
            case (byte)'X': // BINUNICODE
                PushText((uint)input.ReadInt32());
                break;
            case 0x8c: // SHORT_BINUNICODE
                PushText(input.ReadByte());
                break;
            case 0x8d: // BINUNICODE8
                PushText(input.ReadInt64());
                break;
            case (byte)'U': // SHORT_BINSTRING
                PushPython2String(input.ReadByte());
                break;
            case (byte)'T': // BINSTRING
                PushPython2String(input.ReadInt32());
                break;
            case (byte)'C': // SHORT_BINBYTES
                PushBytes(input.ReadByte());
                break;
            case (byte)'B': // BINBYTES
                PushBytes((uint)input.ReadInt32());
                break;
            case 0x8e: // BINBYTES8
            case 0x96: // BYTEARRAY8
                PushBytes(input.ReadInt64());
                break;
            default:
                ExecuteStructure(opcode);
                break;
        }
    }

    private void ExecuteStructure(byte opcode)
    {
        switch (opcode)
        {
            case (byte)'(':
                _context.Charge(PickleLimits.PushCost);
                _marks.Add(_stack.Count);
                break;
            case (byte)'0': // POP
                if (_marks.Count > 0 && _marks[^1] == _stack.Count) _marks.RemoveAt(_marks.Count - 1);
                else Pop();
                break;
            case (byte)'1': // POP_MARK
                PopToMark();
                break;
            case (byte)'2': // DUP
                Push(Top());
                break;
            case (byte)')':
                PushNew(new PickleTuple());
                break;
            case 0x85: // TUPLE1
                PushTuple(1);
                break;
            case 0x86: // TUPLE2
                PushTuple(2);
                break;
            case 0x87: // TUPLE3
                PushTuple(3);
                break;
            case (byte)'t':
                var elements = PopToMark();
                PushNew(new PickleTuple(elements), PickleLimits.ValueCost + (8L * elements.Length));
                break;
            case (byte)']':
                PushNew(new List<object?>(), PickleLimits.ObjectCost);
                break;
            case (byte)'l':
                var listed = PopToMark();
                PushNew(new List<object?>(listed), PickleLimits.ObjectCost + (8L * listed.Length));
                break;
            case (byte)'}':
                PushNew(new PickleDictionary(), PickleLimits.ObjectCost);
                break;
            case (byte)'d':
                var dictionary = new PickleDictionary();
                SetItems(dictionary, PopToMark());
                PushNew(dictionary, PickleLimits.ObjectCost);
                break;
            case 0x8f: // EMPTY_SET
                PushNew(new PickleSet(isFrozen: false), PickleLimits.ObjectCost + PickleLimits.FirstEntryCost);
                break;
            case 0x91: // FROZENSET
                var frozen = new PickleSet(isFrozen: true);
                var frozenMembers = PopToMark();
                _context.Charge(PickleLimits.FirstEntryCost + ((long)PickleLimits.EntryCost * frozenMembers.Length));
                foreach (var item in frozenMembers) PickleConstructors.AddTo(_context, frozen, item);
                PushNew(frozen, PickleLimits.ObjectCost);
                break;
            case (byte)'a': // APPEND
                var last = Pop();
                Append([last]);
                break;
            case (byte)'e': // APPENDS
                Append(PopToMark());
                break;
            case (byte)'s': // SETITEM
                var value = Pop();
                var key = Pop();
                SetItems(Top(), [key, value]);
                break;
            case (byte)'u': // SETITEMS
                var items = PopToMark();
                SetItems(Top(), items);
                break;
            case 0x90: // ADDITEMS
                var members = PopToMark();
                if (Top() is not PickleSet set) throw Unexpected("ADDITEMS", "a set");
                _context.Charge((long)PickleLimits.EntryCost * members.Length);
                foreach (var member in members) PickleConstructors.AddTo(_context, set, member);
                break;
            default:
                ExecuteObject(opcode);
                break;
        }
    }

    private void ExecuteObject(byte opcode)
    {
        switch (opcode)
        {
            case (byte)'c': // GLOBAL
                var module = input.ReadLine();
                PushGlobal(module, input.ReadLine());
                break;
            case 0x93: // STACK_GLOBAL
                if (Pop() is not string name || Pop() is not string stackModule)
                    throw input.Error("STACK_GLOBAL expects two strings: the pickle is corrupt");
                PushGlobal(stackModule, name);
                break;
            case (byte)'R': // REDUCE
            case 0x81: // NEWOBJ
                var arguments = Pop();
                PushConstructed(Pop(), arguments);
                break;
            case 0x92: // NEWOBJ_EX
                if (Pop() is not PickleDictionary { Count: 0 }) throw input.Error("NEWOBJ_EX with keyword arguments is unsupported");
                var positional = Pop();
                PushConstructed(Pop(), positional);
                break;
            case (byte)'b': // BUILD
                var state = Pop();
                Build(Top(), state);
                break;
            case (byte)'Q': // BINPERSID
                if (resolve is null) throw input.Error("has a persistent id, which is not allowed here");
                PushNew(resolve(_context, Pop()), PickleLimits.ObjectCost);
                break;
            case (byte)'q': // BINPUT
                Remember(input.ReadByte());
                break;
            case (byte)'r': // LONG_BINPUT
                Remember((uint)input.ReadInt32());
                break;
            case (byte)'p': // PUT
                Remember(ParseIndex(input.ReadLine()));
                break;
            case 0x94: // MEMOIZE
                Remember((uint)_memo.Count);
                break;
            case (byte)'h': // BINGET
                Recall(input.ReadByte());
                break;
            case (byte)'j': // LONG_BINGET
                Recall((uint)input.ReadInt32());
                break;
            case (byte)'g': // GET
                Recall(ParseIndex(input.ReadLine()));
                break;
            default:
                throw input.Error(
                    $"has the unsupported pickle opcode {PickleOpcodes.NameOf(opcode)}",
                    "A checkpoint does not need it; the file is corrupt or hostile.");
        }
    }

    private void PushGlobal(string module, string name)
    {
        var global = PickleNames.Find(module, name);
        var fullName = $"{module}.{name}";
        if (global is null && inertNames.Contains(fullName)) global = PickleNames.Inert(fullName);
        Push(global ?? throw input.Error(
            $"refers to the global name '{fullName}', which is not allowed",
            "If it is harmless beside the weights, allow the name ('InertNames'): it is kept as a record, never imported or run."));
    }

    private void PushConstructed(object? callable, object? arguments)
    {
        if (arguments is not PickleTuple tuple)
            throw input.Error($"a construction expects a tuple of arguments, not {Describe(arguments)}: the pickle is corrupt");
        _context.CountSteps(tuple.Count);
        // What is made copies its arguments at most.
        _context.Charge(((long)PickleLimits.EntryCost * tuple.Sum(SizeOf)) + PickleLimits.FirstEntryCost);
        PushNew(callable switch
        {
            PickleGlobal { Construct: { } construct } => construct(_context, tuple),
            // What an inert function gave is as inert when it is called itself.
            PickleRecord record when inertNames.Contains(record.TypeName) => new PickleRecord(record.TypeName, tuple),
            PickleGlobal global => throw input.Error($"constructs '{global.Name}', which is not allowed: the name may only be referred to"),
            _ => throw input.Error($"calls {Describe(callable)}, which is not allowed"),
        });
    }

    private PickleDictionary ItemsOf(PickleRecord record)
    {
        if (record.Items is null) _context.Charge(PickleLimits.ObjectCost);
        return record.ItemsToFill;
    }

    private static long SizeOf(object? value) => value switch
    {
        List<object?> list => list.Count,
        PickleDictionary dictionary => dictionary.Count,
        PickleTuple tuple => tuple.Count,
        string text => text.Length / PickleLimits.EntryCost,
        _ => 0,
    };

    private void Build(object? target, object? state)
    {
        switch (target)
        {
            case PickleRecord record:
                record.State = state;
                break;
            case PickleDictionary { TypeName: not PickleDictionary.PlainType } dictionary when state is PickleDictionary attributes:
                dictionary.Attributes = attributes;
                break;
            case NumpyDataType type:
                NumpyConstructors.BuildDataType(_context, type, state);
                break;
            case NumpyArrayBuilder array:
                NumpyConstructors.BuildArray(_context, array, state);
                _stack[^1] = array.Result;
                break;
            default:
                throw input.Error($"BUILD on {Describe(target)} is not allowed");
        }
    }

    private void Append(ReadOnlySpan<object?> items)
    {
        // A list that grows leaves up to twice its size behind.
        _context.Charge(24L * items.Length);
        switch (Top())
        {
            case List<object?> list:
                list.AddRange(items);
                break;
            case PickleRecord record:
                record.ElementsToFill.AddRange(items);
                break;
            default:
                throw Unexpected("APPEND", "a list");
        }
    }

    private void SetItems(object? target, ReadOnlySpan<object?> items)
    {
        if (items.Length % 2 != 0) throw input.Error("SETITEMS has a key without a value: the pickle is corrupt");
        var dictionary = target switch
        {
            PickleDictionary known => known,
            PickleRecord record => ItemsOf(record),
            _ => throw input.Error($"SETITEMS expects a dictionary, not {Describe(target)}"),
        };
        _context.Charge(((long)PickleLimits.EntryCost * items.Length / 2) + (dictionary.Count == 0 ? PickleLimits.FirstEntryCost : 0));
        for (var i = 0; i < items.Length; i += 2) PickleConstructors.Add(_context, dictionary, items[i], items[i + 1]);
    }

    private void PushInteger(string digits)
    {
        // Protocol 0 and Python 2 write booleans as 00 and 01.
        if (digits is "00" or "01")
        {
            Push(digits == "01");
            return;
        }

        if (digits.Length > PickleLimits.IntegerBytes / 4) throw input.Error("has an integer that is too long: overflow");
        if (!BigInteger.TryParse(digits, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value))
            throw input.Error("has an invalid integer");
        PushBig(value);
    }

    private void PushLong(int length)
    {
        if (length is < 0 or > PickleLimits.IntegerBytes)
            throw input.Error($"has an integer of {length} bytes, which is too long; the limit is {PickleLimits.IntegerBytes}");
        PushBig(new BigInteger(input.ReadBytes(length)));
    }

    private void PushBig(BigInteger value) =>
        PushNew(
            value >= long.MinValue && value <= long.MaxValue ? (object)(long)value : value, PickleLimits.ValueCost + value.GetByteCount());

    private void PushBytes(long length)
    {
        var bytes = input.ReadBytes(length);
        _context.Charge(length);
        PushNew(bytes);
    }

    private void PushText(long length)
    {
        var bytes = input.ReadBytes(length);
        // Two bytes for each character, and the bytes themselves for a while.
        _context.Charge(3 * length);
        try
        {
            PushNew(Utf8.GetString(bytes));
        }
        catch (DecoderFallbackException)
        {
            throw input.Error("has text that is not UTF-8: the pickle is corrupt");
        }
    }

    /// <summary>Python 2's strings are bytes: text where they can be, else bytes.</summary>
    private void PushPython2String(int length)
    {
        var bytes = input.ReadBytes(length);
        _context.Charge(3L * length);
        try
        {
            PushNew(Utf8.GetString(bytes));
        }
        catch (DecoderFallbackException)
        {
            PushNew(bytes);
        }
    }

    private uint ParseIndex(string text) =>
        uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var index)
            ? index
            : throw input.Error("has an invalid memo index");

    private void Remember(uint index)
    {
        _context.Charge(PickleLimits.EntryCost);
        _memo.Put(index, Top());
    }

    private void Recall(uint index) =>
        Push(_memo.TryGet(index, out var value)
            ? value
            : throw input.Error($"recalls memo entry {index}, which is missing: the pickle is corrupt"));

    private void PushTuple(int count)
    {
        if (_stack.Count - Floor < count) throw Underflow();
        var start = _stack.Count - count;
        var tuple = new PickleTuple(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_stack)[start..]);
        _stack.RemoveRange(start, count);
        PushNew(tuple, PickleLimits.ValueCost + (8 * count));
    }

    private int Floor => _marks.Count > 0 ? _marks[^1] : 0;

    private void PushNew(object? value, long bytes = PickleLimits.ValueCost)
    {
        _context.Charge(bytes);
        Push(value);
    }

    private void Push(object? value)
    {
        _context.Charge(PickleLimits.PushCost);
        _stack.Add(value is NumpyArrayBuilder { Result: { } array } ? array : value);
    }

    private object? Top() => _stack.Count > Floor ? _stack[^1] : throw Underflow();

    private object? Pop()
    {
        var value = Top();
        _stack.RemoveAt(_stack.Count - 1);
        return value;
    }

    private object?[] PopToMark()
    {
        if (_marks.Count == 0) throw input.Error("has no mark on the stack where one is expected: the pickle is corrupt");
        var start = _marks[^1];
        _marks.RemoveAt(_marks.Count - 1);
        var items = new object?[_stack.Count - start];
        _stack.CopyTo(start, items, 0, items.Length);
        _stack.RemoveRange(start, items.Length);
        return items;
    }

    private CheckpointException Underflow() => input.Error("takes from an empty stack: the pickle is corrupt");

    private CheckpointException Unexpected(string opcode, string expected) =>
        input.Error($"{opcode} expects {expected}, not {Describe(Top())}");
}
