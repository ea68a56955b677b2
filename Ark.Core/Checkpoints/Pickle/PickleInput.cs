using System.Buffers.Binary;

namespace Ark;

/// <summary>
/// Reads a pickle forward through a small window. Every length is compared with what is left before anything is allocated.
/// </summary>
internal sealed class PickleInput
{
    private readonly FileSlice? _source;
    private readonly string _path;
    private readonly byte[] _window;
    private readonly string _name;
    private int _next;
    private int _end;
    private long _windowStart;

    /// <summary>Reads bytes that are in memory.</summary>
    public PickleInput(string path, string name, byte[] bytes)
    {
        _path = path;
        _name = name;
        _window = bytes;
        _end = bytes.Length;
        Length = bytes.Length;
    }

    /// <summary>Reads a file from its start.</summary>
    public PickleInput(FileSlice source, string name)
    {
        _path = source.Path;
        _name = name;
        _source = source;
        _window = new byte[1 << 16];
        Length = source.Length;
    }

    public long Length { get; }

    public long Position => _windowStart + _next;

    public long Remaining => Length - Position;

    public byte ReadByte()
    {
        if (_next == _end && !Refill()) throw Error("is truncated: unexpected end of the pickle");
        return _window[_next++];
    }

    public void ReadExactly(Span<byte> buffer)
    {
        Require(buffer.Length);
        while (buffer.Length > 0)
        {
            if (_next == _end && !Refill()) throw Error("is truncated: unexpected end of the pickle");
            var count = Math.Min(buffer.Length, _end - _next);
            _window.AsSpan(_next, count).CopyTo(buffer);
            _next += count;
            buffer = buffer[count..];
        }
    }

    public byte[] ReadBytes(long count)
    {
        Require(count);
        if (count > PickleLimits.Bytes)
            throw Error($"holds a value of {count} bytes, which is too large; the limit is {PickleLimits.Bytes}");
        var bytes = new byte[count];
        ReadExactly(bytes);
        return bytes;
    }

    public void Skip(long count)
    {
        Require(count);
        if (count <= _end - _next)
        {
            _next += (int)count;
            return;
        }

        // Past the window, which only happens when there is a file behind it.
        _windowStart = Position + count;
        _next = _end = 0;
    }

    /// <summary>A line of ASCII text without its end.</summary>
    public string ReadLine()
    {
        Span<char> line = stackalloc char[PickleLimits.Line];
        for (var i = 0; i <= line.Length; i++)
        {
            var next = ReadByte();
            if (next == (byte)'\n') return new string(line[..i].TrimEnd('\r'));
            if (i == line.Length) break;
            if (next >= 0x80) throw Error("has a line of text that is not ASCII: the pickle is corrupt");
            line[i] = (char)next;
        }

        throw Error($"has a line of text that is too long; the limit is {PickleLimits.Line} characters");
    }

    public ushort ReadUInt16()
    {
        Span<byte> buffer = stackalloc byte[2];
        ReadExactly(buffer);
        return BinaryPrimitives.ReadUInt16LittleEndian(buffer);
    }

    public int ReadInt32()
    {
        Span<byte> buffer = stackalloc byte[4];
        ReadExactly(buffer);
        return BinaryPrimitives.ReadInt32LittleEndian(buffer);
    }

    public long ReadInt64()
    {
        Span<byte> buffer = stackalloc byte[8];
        ReadExactly(buffer);
        return BinaryPrimitives.ReadInt64LittleEndian(buffer);
    }

    public double ReadBigEndianDouble()
    {
        Span<byte> buffer = stackalloc byte[8];
        ReadExactly(buffer);
        return BinaryPrimitives.ReadDoubleBigEndian(buffer);
    }

    /// <summary>The exception for a fault at the present position.</summary>
    public CheckpointException Error(string problem, string? hint = null) => new(_path, $"{_name}, byte {Position}", problem, hint);

    private void Require(long count)
    {
        if (count < 0 || count > Remaining)
            throw Error($"is truncated or corrupt: a length of {(ulong)count} bytes is too long, {Remaining} are left");
    }

    private bool Refill()
    {
        if (_source is null) return false;
        _windowStart += _end;
        _next = 0;
        _end = _source.ReadSome(_windowStart, _window);
        return _end > 0;
    }
}
