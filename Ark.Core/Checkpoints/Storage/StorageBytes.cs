using System.Buffers;
using System.Diagnostics;
using System.IO.Compression;
using static TorchSharp.torch;

namespace Ark;

/// <summary>Where the bytes of one storage or zip entry lie, and how they are read: straight into place, checked on the way.</summary>
/// <remarks>Rests on: the destination having room for <see cref="Length"/> bytes, which every caller takes from the same
/// storage.</remarks>
/// <param name="raw">The bytes in the file.</param>
/// <param name="length">How many bytes they are after decompression.</param>
/// <param name="deflated">Whether they are compressed.</param>
/// <param name="crc">Their CRC-32, or <see langword="null"/> where the format has none or checking is off.</param>
/// <param name="place">What to call them in messages.</param>
/// <param name="name">Their name, where the place is only its kind: of a file of many tensors not each has a text of its own.</param>
internal sealed class StorageBytes(FileSlice raw, long length, bool deflated, uint? crc, string place, string? name = null)
{
    // Small enough that a chunk is still in the processor's cache when its checksum is taken.
    private const int Chunk = 1 << 18;

    private IReadOnlyList<Piece>? _pieces;

    // What these are under another name: what is found of the one is found of the other.
    private StorageBytes? _same;

    /// <summary>Bytes after decompression.</summary>
    public long Length { get; } = length;

    /// <summary>Whether they are compressed.</summary>
    public bool Deflated { get; } = deflated;

    /// <summary>What to call them in messages.</summary>
    public string Place => name is null ? place : $"{place} '{name}'";

    /// <summary>Whether there is a checksum that reading compares.</summary>
    public bool HasChecksum => crc is not null || _pieces?.All(p => p.Whole.HasChecksum) == true;

    /// <summary>Whether they lie in several places.</summary>
    public bool IsJoined => _pieces is not null;

    /// <summary>Whether the bytes have been read, and their checksum been found right.</summary>
    public bool Verified { get; private set; }

    /// <summary>Bytes that lie in several places, one after the other.</summary>
    /// <param name="pieces">Where; at least one. Of compressed bytes only the whole can be a piece.</param>
    /// <param name="place">What to call them in messages.</param>
    public static StorageBytes Join(IReadOnlyList<Piece> pieces, string place) =>
        pieces[0].Whole.Joined(pieces, place);

    /// <summary>Part of these bytes, such as a view of a storage; the whole keeps its checksum.</summary>
    /// <param name="offset">Where it begins.</param>
    /// <param name="length">Its bytes.</param>
    /// <param name="place">What to call it in messages; <see langword="null"/> for the same as the whole.</param>
    public StorageBytes Part(long offset, long length, string? place = null)
    {
        if (_pieces is null)
        {
            Debug.Assert(!Deflated, "What is compressed has no parts.");
            var isWhole = offset == 0 && length == Length;
            return new StorageBytes(raw.Slice(offset, length), length, deflated: false, isWhole ? crc : null, place ?? Place)
            {
                Verified = isWhole && Verified,
                _same = isWhole ? this : null,
            };
        }

        if (offset == 0 && length == Length && place is null) return this;
        var cut = new List<Piece>();
        foreach (var piece in _pieces)
        {
            var (first, last) = (Math.Max(offset, 0), Math.Min(offset + length, piece.Length));
            if (first < last) cut.Add(new Piece(piece.Whole, piece.Offset + first, last - first));
            offset -= piece.Length;
        }

        return Join(cut, place ?? Place);
    }

    /// <summary>Reads everything to an address that has room for <see cref="Length"/> bytes.</summary>
    /// <param name="destination">The address.</param>
    /// <param name="weights">The type of numbers, all of which must be finite; <see langword="null"/> where any bytes will do.</param>
    public unsafe void CopyTo(byte* destination, ScalarType? weights = null)
    {
        Debug.Assert(destination is not null || Length == 0, "There is room for the bytes.");
        if (_pieces is not null)
        {
            Debug.Assert(_pieces.Sum(p => p.Length) == Length, "The pieces are the whole.");
            foreach (var piece in _pieces)
            {
                piece.Bytes.CopyTo(destination, weights);
                destination += piece.Length;
            }

            return;
        }

        var check = new Check(crc is not null && !Verified, weights);
        using var inflated = Deflated ? new DeflateStream(new FileSliceStream(raw), CompressionMode.Decompress) : null;
        for (long done = 0; done < Length;)
        {
            var span = new Span<byte>(destination + done, (int)Math.Min(Chunk, Length - done));
            ReadChunk(inflated, done, span);
            check.Take(span);
            done += span.Length;
        }

        Finish(inflated, check);
    }

    /// <summary>Reads everything into a new array; for entries whose length has been limited.</summary>
    public unsafe byte[] ToArray()
    {
        var bytes = new byte[Length];
        fixed (byte* start = bytes) CopyTo(start);
        return bytes;
    }

    /// <summary>Compares the checksum without keeping the bytes, where there is one and it has not been compared yet.</summary>
    public void Verify()
    {
        foreach (var piece in _pieces ?? []) piece.Whole.Verify();
        if (crc is not null && !Verified) Scan(weights: null);
    }

    private StorageBytes Joined(IReadOnlyList<Piece> pieces, string where) =>
        new(raw, pieces.Sum(p => p.Length), deflated: false, crc: null, where) { _pieces = pieces };

    /// <summary>
    /// Refuses numbers that are not finite, without keeping the bytes; their checksum is compared on the way, where it has not been.
    /// </summary>
    public void RequireFinite(ScalarType weights)
    {
        if (_pieces is null) Scan(weights);
        foreach (var piece in _pieces ?? []) piece.Bytes.RequireFinite(weights);
    }

    private void Scan(ScalarType? weights)
    {
        var buffer = ArrayPool<byte>.Shared.Rent((int)Math.Min(Chunk, Length));
        var check = new Check(crc is not null && !Verified, weights);
        using var inflated = Deflated ? new DeflateStream(new FileSliceStream(raw), CompressionMode.Decompress) : null;
        try
        {
            for (long done = 0; done < Length;)
            {
                var span = buffer.AsSpan(0, (int)Math.Min(Chunk, Length - done));
                ReadChunk(inflated, done, span);
                check.Take(span);
                done += span.Length;
            }

            Finish(inflated, check);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private void ReadChunk(DeflateStream? inflated, long offset, Span<byte> span)
    {
        if (inflated is null)
        {
            raw.ReadExactly(offset, span, Place);
            return;
        }

        try
        {
            inflated.ReadExactly(span);
        }
        catch (Exception e) when (e is InvalidDataException or EndOfStreamException)
        {
            throw new CheckpointException(raw.Path, Place, "its compressed bytes are corrupt", innerException: e);
        }
    }

    private void Finish(DeflateStream? inflated, in Check check)
    {
        if (inflated is not null)
        {
            try
            {
                if (inflated.ReadByte() >= 0)
                    throw new CheckpointException(raw.Path, Place, $"holds more than its declared size of {Length} bytes");
            }
            catch (InvalidDataException e)
            {
                throw new CheckpointException(raw.Path, Place, "its compressed bytes are corrupt", innerException: e);
            }
        }

        // What is damaged may look like numbers that are not finite, so the checksum speaks first.
        if (check.Sums && check.Sum != crc)
        {
            throw new CheckpointException(raw.Path, Place, "is corrupt: its CRC-32 checksum does not match",
                "Copy the file again, or load without checksums if it was written without them.");
        }

        if (!check.AreFinite) throw FiniteNumbers.Refusal(raw.Path, Place);
        for (var same = this; same is not null; same = same._same) same.Verified = true;
    }

    /// <summary>What is looked for while bytes go by.</summary>
    /// <param name="sums">Whether their checksum is taken.</param>
    /// <param name="weights">The type of numbers that must be finite; <see langword="null"/> where any bytes will do.</param>
    private struct Check(bool sums, ScalarType? weights)
    {
        public readonly bool Sums => sums;

        public uint Sum { get; private set; }

        public bool AreFinite { get; private set; } = true;

        public void Take(ReadOnlySpan<byte> chunk)
        {
            if (sums) Sum = Crc32.Append(chunk, Sum);
            if (weights is { } type) AreFinite &= FiniteNumbers.Are(chunk, type);
        }
    }

    /// <summary>Some of the bytes of a storage.</summary>
    /// <param name="Whole">The bytes of the storage.</param>
    /// <param name="Offset">The first that is meant.</param>
    /// <param name="Length">How many.</param>
    internal sealed record Piece(StorageBytes Whole, long Offset, long Length)
    {
        /// <summary>These bytes alone.</summary>
        public StorageBytes Bytes => Offset == 0 && Length == Whole.Length ? Whole : Whole.Part(Offset, Length);
    }
}
