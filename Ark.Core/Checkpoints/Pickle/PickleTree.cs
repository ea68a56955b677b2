using System.Globalization;

namespace Ark;

/// <summary>Walks a value and everything in it without recursion, and puts other values in the place of internal ones.</summary>
internal static class PickleTree
{
    /// <summary>
    /// Follows every path from the root, in order. Values that are shared are met once for each path; values nested too deeply (and so
    /// every cycle) and values that multiply by sharing are refused.
    /// </summary>
    /// <param name="path">The file, for messages.</param>
    /// <param name="root">Where to begin.</param>
    /// <param name="onTensor">Gives what stands in the place of a tensor record; called with the tensor's path, like
    /// <c>state_dict.norm.weight</c>.</param>
    /// <returns>The root, or what stands in its place.</returns>
    public static object? Visit(string path, object? root, Func<string, object, object> onTensor)
    {
        if (!TryOpen(null, root, out var first)) return Leaf(path, null, root, onTensor);
        var budget = PickleLimits.Paths;
        var frames = new Stack<Frame>();
        // Settings refer to what they are part of; the way back is cut, so that whoever walks the result comes to an end.
        var open = new HashSet<object>(ReferenceEqualityComparer.Instance);
        Open(first);
        while (frames.TryPeek(out var frame))
        {
            if (!frame.MoveNext())
            {
                if (frames.Pop().Record is { } left) open.Remove(left);
                continue;
            }

            if (--budget < 0)
                throw new CheckpointException(
                    path,
                    null,
                    $"its pickle holds too many values when shared ones are counted each time; the limit is {PickleLimits.Paths}");
            var value = frame.Value;
            if (value is null or string or long or double or bool) continue;
            if (value is PickleRecord again && open.Contains(again) && frame.CanReplace)
            {
                frame.Replace(new PickleRecord(again.TypeName, null));
                continue;
            }

            if (TryOpen(frame, value, out var child))
            {
                if (child.Depth > PickleLimits.Depth)
                    throw new CheckpointException(
                        path, null, $"its pickle is nested too deep; the limit is a depth of {PickleLimits.Depth}");
                Open(child);
                continue;
            }

            var replaced = Leaf(path, frame, value, onTensor);
            if (!ReferenceEquals(replaced, value)) frame.Replace(replaced);
        }

        return root;

        void Open(Frame frame)
        {
            frames.Push(frame);
            if (frame.Record is { } record) open.Add(record);
        }
    }

    private static object? Leaf(string path, Frame? frame, object? value, Func<string, object, object> onTensor) => value switch
    {
        StoredTensor or TorchSharp.torch.Tensor => onTensor(frame?.NameOf(path) ?? "", value),
        PickleGlobal global => new PickleRecord(global.Name, null),
        StoredStorage storage => new PickleRecord($"torch.{storage.Element.StorageName ?? "UntypedStorage"}", null),
        NumpyDataType type => new PickleRecord($"numpy.{type.Name}", null),
        NumpyArrayBuilder => new PickleRecord("numpy.ndarray", null),
        _ => value,
    };

    private static bool TryOpen(Frame? parent, object? value, out Frame frame)
    {
        frame = value switch
        {
            PickleDictionary dictionary => new DictionaryFrame(parent, dictionary),
            List<object?> list => new ListFrame(parent, list),
            PickleTuple tuple => new TupleFrame(parent, tuple),
            PickleRecord record => new RecordFrame(parent, record),
            _ => null!,
        };
        return frame is not null;
    }

    /// <summary>A container on the way from the root.</summary>
    private abstract class Frame(Frame? parent)
    {
        private readonly Frame? _parent = parent;

        protected int Index { get; private set; } = -1;

        public int Depth { get; } = parent is null ? 0 : parent.Depth + 1;

        public abstract object? Value { get; }

        protected abstract int Count { get; }

        protected abstract string Key { get; }

        /// <summary>The record whose parts these are, if it is one.</summary>
        public virtual PickleRecord? Record => null;

        /// <summary>Whether the present value can be replaced.</summary>
        public virtual bool CanReplace => true;

        public bool MoveNext() => ++Index < Count;

        /// <summary>The path to the present value. Made only for tensors: keys may be long, and most values need no name.</summary>
        public string NameOf(string path)
        {
            // Of a list of many tensors each name is in memory once.
            if (_parent is null && Key.Length < PickleLimits.Name) return Key;
            var keys = new Stack<string>();
            var length = 0;
            for (var frame = this; frame is not null; frame = frame._parent)
            {
                keys.Push(frame.Key);
                length += keys.Peek().Length + 1;
                if (length > PickleLimits.Name)
                    throw new CheckpointException(
                        path, null, $"has a tensor whose name is too long; the limit is {PickleLimits.Name} characters");
            }

            return string.Join('.', keys);
        }

        public abstract void Replace(object? value);
    }

    private sealed class DictionaryFrame(Frame? parent, PickleDictionary dictionary) : Frame(parent)
    {
        // The attributes of a dictionary come last, as one more value.
        public override object? Value => Index < dictionary.Count ? dictionary.At(Index).Value : dictionary.Attributes;

        protected override int Count => dictionary.Count + (dictionary.Attributes is null ? 0 : 1);

        protected override string Key =>
            Index < dictionary.Count ? Convert.ToString(dictionary.At(Index).Key, CultureInfo.InvariantCulture) ?? "" : "__dict__";

        public override bool CanReplace => Index < dictionary.Count;

        public override void Replace(object? value) => dictionary.SetAt(Index, value);
    }

    private sealed class ListFrame(Frame? parent, List<object?> list) : Frame(parent)
    {
        public override object? Value => list[Index];

        protected override int Count => list.Count;

        protected override string Key => Index.ToString(CultureInfo.InvariantCulture);

        public override void Replace(object? value) => list[Index] = value;
    }

    private sealed class TupleFrame(Frame? parent, PickleTuple tuple) : Frame(parent)
    {
        public override object? Value => tuple[Index];

        protected override int Count => tuple.Count;

        protected override string Key => Index.ToString(CultureInfo.InvariantCulture);

        public override void Replace(object? value) => tuple.Set(Index, value);
    }

    private sealed class RecordFrame(Frame? parent, PickleRecord record) : Frame(parent)
    {
        public override object? Value => Index switch
        {
            0 => record.Arguments,
            1 => record.State,
            2 => record.Items,
            _ => record.Elements,
        };

        public override PickleRecord Record => record;

        public override bool CanReplace => Index == 1;

        protected override int Count => 4;

        protected override string Key => Index switch
        {
            0 => "__args__",
            1 => "__dict__",
            2 => "__items__",
            _ => "__elements__",
        };

        public override void Replace(object? value)
        {
            if (Index == 1) record.State = value;
        }
    }
}
