using System.Text;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Ark.Data;

/// <summary>
/// Builds a small tree from YAML events, on an explicit stack. Configuration may come from anybody: tags build nothing, aliases are
/// counted in full, duplicate keys are refused, and depth, size and length have limits.
/// </summary>
internal sealed class YamlReader
{
    private const int MaxBytes = 4 << 20;
    private const int MaxDepth = 16;
    private const int MaxNodes = 100_000;
    private const int MaxScalarLength = 16 * 1024;

    private readonly string _source;
    private readonly Stack<Frame> _open = new();
    private readonly Dictionary<string, YamlNode> _anchors = new(StringComparer.Ordinal);
    private YamlNode? _root;
    private int _nodes;
    private int _line = 1;

    private YamlReader(string source) => _source = source;

    /// <summary>Reads the one document of a file.</summary>
    /// <param name="path">The file.</param>
    /// <returns>Its root.</returns>
    /// <exception cref="ArkInputException">The file cannot be read, is no YAML, or goes over a limit.</exception>
    public static YamlNode ReadFile(string path)
    {
        using var stream = InputFile.OpenRead(path, "configuration");
        // A pipe has no length.
        var buffer = new byte[MaxBytes + 1];
        var count = stream.ReadAtLeast(buffer, buffer.Length, throwOnEndOfStream: false);
        if (count > MaxBytes) throw new ArkInputException(path, null, $"the YAML file is too large (above the limit of {MaxBytes} bytes)");
        var bytes = buffer.AsSpan(0, count);
        try
        {
            var text = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true).GetString(bytes);
            return ReadText(text.TrimStart('\uFEFF'), path);
        }
        catch (DecoderFallbackException e)
        {
            throw new ArkInputException(path, null, "the YAML file is not valid UTF-8", "Save it with the encoding UTF-8.", e);
        }
    }

    /// <summary>Reads the one document of a text.</summary>
    /// <param name="yaml">The text.</param>
    /// <param name="source">What to call it in messages.</param>
    /// <returns>Its root.</returns>
    /// <exception cref="ArkInputException">The text is no YAML, or goes over a limit.</exception>
    public static YamlNode ReadText(string yaml, string source)
    {
        var reader = new YamlReader(source);
        // YamlDotNet takes a zero character for the end, and would hide what follows.
        if (yaml.IndexOf('\0', StringComparison.Ordinal) is >= 0 and var zero)
            throw new ArkInputException(
                source,
                $"line {yaml.AsSpan(0, zero).Count('\n') + 1}",
                "contains a zero byte, so it is no valid YAML",
                "Save it as UTF-8 text.");
        try
        {
            var parser = new Parser(new StringReader(yaml));
            while (parser.MoveNext()) reader.Take(parser.Current!);
        }
        catch (YamlException e)
        {
            throw new ArkInputException(source, $"line {e.Start.Line}", $"is no valid YAML: {e.Message}", null, e);
        }
        catch (Exception e) when (e is InvalidOperationException or ArgumentException or IndexOutOfRangeException or OverflowException
            or FormatException)
        {
            // YamlDotNet's scanner meets some malformed texts, such as a list that never closes, with these.
            throw new ArkInputException(
                source, $"line {reader._line}", "is no valid YAML after this line", "Check its brackets and quotes.", e);
        }

        return reader._root ?? throw new ArkInputException(source, null, "the YAML file is empty", "Add a dataset.");
    }

    private void Take(ParsingEvent e)
    {
        var line = _line = (int)Math.Min(e.Start.Line, int.MaxValue);
        if (e is NodeEvent { Tag.IsEmpty: false } tagged)
            throw Error(line, $"the YAML tag '{tagged.Tag}' is not allowed", "Write a plain value.");
        switch (e)
        {
            case DocumentStart when _root is not null:
                throw Error(line, "a second YAML document starts here", "Keep everything in one document.");
            case Scalar scalar:
                if (scalar.Value.Length > MaxScalarLength)
                    throw Error(line, $"the value or key is too large (over the limit of {MaxScalarLength} characters)");
                var isNull = scalar.Style == ScalarStyle.Plain && scalar.Value is "" or "~" or "null";
                Close(new YamlScalar(line, scalar.Value, isNull), scalar.Anchor);
                break;
            case SequenceStart start:
                Open(new YamlSequence(line), start.Anchor);
                break;
            case MappingStart start:
                Open(new YamlMapping(line), start.Anchor);
                break;
            case SequenceEnd or MappingEnd:
                var frame = _open.Pop();
                Close(frame.Node, frame.Anchor, counted: true);
                break;
            case AnchorAlias alias:
                if (!_anchors.TryGetValue(alias.Value.Value, out var target))
                    throw Error(line, $"the alias '*{alias.Value.Value}' names no anchor that is complete before it");
                Count(target.Size, line);
                Close(target, AnchorName.Empty, counted: true);
                break;
        }
    }

    private void Open(YamlNode node, AnchorName anchor)
    {
        if (_open.Count >= MaxDepth) throw Error(node.Line, $"values are nested too deeply (limit {MaxDepth})");
        Count(1, node.Line);
        _open.Push(new Frame(node, anchor));
    }

    private void Close(YamlNode node, AnchorName anchor, bool counted = false)
    {
        if (!counted) Count(1, node.Line);
        if (!anchor.IsEmpty) _anchors[anchor.Value] = node;
        if (_open.Count == 0)
        {
            _root = node;
            return;
        }

        var parent = _open.Peek();
        if (parent.Node is YamlSequence sequence)
        {
            sequence.Add(node);
            return;
        }

        var mapping = (YamlMapping)parent.Node;
        if (parent.Key is null)
        {
            parent.Key = node as YamlScalar ?? throw Error(node.Line, $"a key is {node.Kind}, expected a name");
            if (mapping.Contains(parent.Key.Value))
                throw Error(node.Line, $"the key '{parent.Key.Value}' is a duplicate", "Keep one of them.");
            return;
        }

        mapping.Add(parent.Key, node);
        parent.Key = null;
    }

    private void Count(int nodes, int line)
    {
        _nodes += nodes;
        if (_nodes > MaxNodes) throw Error(line, $"the YAML file holds too many values (limit {MaxNodes}, aliases counted in full)");
    }

    private ArkInputException Error(int line, string problem, string? hint = null) => new(_source, $"line {line}", problem, hint);

    private sealed class Frame(YamlNode node, AnchorName anchor)
    {
        public YamlNode Node { get; } = node;

        public AnchorName Anchor { get; } = anchor;

        public YamlScalar? Key { get; set; }
    }
}
