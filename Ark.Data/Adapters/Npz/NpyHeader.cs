using System.Buffers.Binary;

namespace Ark.Data;

/// <summary>What an NPY array says about itself: element type, byte order, memory order and shape.</summary>
internal sealed record NpyHeader
{
    // numpy pads headers to 64 bytes; only structured types, which are refused, make long ones.
    private const int MaxHeaderLength = 16 * 1024;

    /// <summary>
    /// Signed integer <c>i</c>, unsigned integer <c>u</c>, boolean <c>b</c>, floating point <c>f</c>, or text <c>U</c> (UTF-32) or <c>S</c>
    /// (bytes).
    /// </summary>
    public required char Kind { get; init; }

    /// <summary>Bytes of an element: 1, 2, 4 or 8 of a number, any of a text.</summary>
    public required int ElementSize { get; init; }

    /// <summary>Whether an element's first byte is its highest.</summary>
    public required bool BigEndian { get; init; }

    /// <summary>Whether the first index runs fastest.</summary>
    public required bool FortranOrder { get; init; }

    /// <summary>The length of each axis.</summary>
    public required IReadOnlyList<long> Shape { get; init; }

    /// <summary>Bytes before the first element.</summary>
    public required int HeaderLength { get; init; }

    /// <summary>The number of elements.</summary>
    public long Count => Shape.Aggregate(1L, (a, b) => checked(a * b));

    /// <summary>Bytes of all elements.</summary>
    public long DataLength => checked(Count * ElementSize);

    /// <summary>The shape as numpy writes it.</summary>
    public string ShapeText => $"({string.Join(", ", Shape)}{(Shape.Count == 1 ? "," : "")})";

    /// <summary>Fills a span with the next bytes of an array, or throws.</summary>
    /// <param name="destination">Receives the bytes.</param>
    public delegate void Source(Span<byte> destination);

    /// <summary>Reads a header, and no byte behind it.</summary>
    /// <param name="read">Gives the array's bytes.</param>
    /// <param name="refuse">Makes the exception for a problem.</param>
    /// <returns>The header.</returns>
    /// <exception cref="ArkInputException">It is no NPY header, or one that is not supported.</exception>
    public static NpyHeader Read(Source read, Func<string, ArkInputException> refuse)
    {
        Span<byte> start = stackalloc byte[8];
        read(start);
        if (start[0] != 0x93 || !start[1..6].SequenceEqual("NUMPY"u8)) throw refuse("has no NPY magic number");
        if (start[6] is < 1 or > 3) throw refuse($"the NPY version {start[6]}.{start[7]} is unsupported");
        Span<byte> size = stackalloc byte[4];
        size.Clear();
        var wide = start[6] > 1;
        read(wide ? size : size[..2]);
        var length = BinaryPrimitives.ReadUInt32LittleEndian(size);
        if (length > MaxHeaderLength) throw refuse($"the NPY header is too large ({length} bytes, limit {MaxHeaderLength})");
        var text = new byte[length];
        read(text);
        var header = new NpyHeaderParser(text, refuse).Parse((wide ? 12 : 10) + text.Length);
        // Whoever goes through the rows would go through as many as the header claims, with no byte in the file behind them.
        if (header.DataLength == 0 && header.Shape is [> 0, ..])
            throw refuse($"the array has the shape {header.ShapeText}: {header.Shape[0]} rows without a byte in them");
        return header;
    }
}
