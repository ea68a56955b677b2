namespace Ark.Data;

/// <summary>Reads one array of an NPZ archive, front to back, and verifies its checksum at the end.</summary>
internal sealed class NpyArrayReader : IDisposable
{
    private readonly Stream _stream;
    private readonly uint _expected;
    private readonly Func<string, ArkInputException> _error;
    private uint _checksum;

    /// <summary>Reads the header.</summary>
    /// <param name="stream">The unpacked entry; the reader disposes it.</param>
    /// <param name="length">Its length by the archive's directory.</param>
    /// <param name="checksum">Its checksum by the archive's directory.</param>
    /// <param name="refuse">Makes the exception for a problem with the entry.</param>
    /// <exception cref="ArkInputException">The header is invalid or does not fit the length.</exception>
    public NpyArrayReader(Stream stream, long length, uint checksum, Func<string, ArkInputException> refuse)
    {
        _stream = stream;
        _expected = checksum;
        _error = refuse;
        Header = NpyHeader.Read(Read, refuse);
        var needed = Header.HeaderLength + Header.DataLength;
        if (needed != length)
            throw refuse(
                $"the size does not fit: the shape {Header.ShapeText} needs {needed} bytes with its header, the entry has {length}");
    }

    /// <summary>Element type and shape.</summary>
    public NpyHeader Header { get; }

    /// <summary>Makes the exception for a problem with this array.</summary>
    /// <param name="problem">What is wrong.</param>
    /// <returns>The exception to throw.</returns>
    public ArkInputException Error(string problem) => _error(problem);

    /// <summary>Reads the next bytes.</summary>
    /// <param name="destination">Receives them; all of it is filled.</param>
    /// <exception cref="ArkInputException">The data end early or cannot be unpacked.</exception>
    public void Read(Span<byte> destination)
    {
        if (Unpack(destination) < destination.Length) throw _error("the data are truncated");
        _checksum = Crc32.Append(destination, _checksum);
    }

    /// <summary>To be called when every element is read: nothing may follow, and the checksum must agree.</summary>
    /// <exception cref="ArkInputException">The data are not what the archive says.</exception>
    public void Finish()
    {
        Span<byte> more = stackalloc byte[1];
        if (Unpack(more) > 0) throw _error("the size does not fit: more data follow than the entry declares");
        if (_checksum != _expected) throw _error($"the data are corrupt (CRC-32 {_checksum:x8}, expected {_expected:x8})");
    }

    /// <inheritdoc/>
    public void Dispose() => _stream.Dispose();

    private int Unpack(Span<byte> destination)
    {
        try
        {
            return _stream.ReadAtLeast(destination, destination.Length, throwOnEndOfStream: false);
        }
        catch (Exception e) when (e is InvalidDataException or IOException)
        {
            throw _error($"the data are corrupt ({e.Message})");
        }
    }
}
