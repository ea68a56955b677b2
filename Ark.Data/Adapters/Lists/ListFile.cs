using System.Text;

namespace Ark.Data;

/// <summary>Reads the rows of a text list: UTF-8, one row a line, blank lines ignored, and never more than one line in memory.</summary>
internal static class ListFile
{
    /// <summary>The longest line that is taken for a row, in bytes; the published lists stay below 200.</summary>
    internal const int MaxLineLength = 16 * 1024;

    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>Reads the lines that are not blank, in order.</summary>
    /// <param name="path">The list.</param>
    /// <param name="cancellationToken">Ends the reading early.</param>
    /// <returns>The lines, read as they are asked for.</returns>
    /// <exception cref="ArkInputException">The file cannot be opened, is no UTF-8 text, or has a line that is too long.</exception>
    public static IEnumerable<ListLine> ReadLines(string path, CancellationToken cancellationToken)
    {
        using var stream = InputFile.OpenText(path, "list");
        var block = new byte[1 << 16];
        var line = new byte[MaxLineLength];
        var length = 0;
        var number = 1;
        int read;
        while ((read = stream.Read(block)) > 0)
        {
            cancellationToken.ThrowIfCancellationRequested();
            for (var start = 0; start < read;)
            {
                var end = Array.IndexOf(block, (byte)'\n', start, read - start);
                var take = (end < 0 ? read : end) - start;
                if (length + take > MaxLineLength)
                {
                    throw new ArkInputException(
                        path,
                        $"line {number}",
                        $"the line is too long (over {MaxLineLength} bytes)",
                        "A list has one row a line: an image name and its labels.");
                }

                Buffer.BlockCopy(block, start, line, length, take);
                length += take;
                start += take;
                if (end < 0) continue;
                var text = Decode(line.AsSpan(0, length), path, number);
                if (text.Length > 0) yield return new ListLine(number, text);
                length = 0;
                number++;
                start++;
            }
        }

        var last = Decode(line.AsSpan(0, length), path, number);
        if (last.Length > 0) yield return new ListLine(number, last);
    }

    /// <summary>Whether a list is a table with a header, by its ending.</summary>
    /// <param name="path">The list, or <see langword="null"/>.</param>
    public static bool IsTable(string? path)
    {
        if (path is null) return false;
        var plain = path.EndsWith(".gz", StringComparison.OrdinalIgnoreCase) ? path[..^3] : path;
        return plain.EndsWith(".csv", StringComparison.OrdinalIgnoreCase);
    }

    private static string Decode(ReadOnlySpan<byte> bytes, string path, int number)
    {
        if (number == 1)
        {
            if (bytes is [0xFF, 0xFE, ..] or [0xFE, 0xFF, ..])
                throw new ArkInputException(path, "line 1", "the text is encoded as UTF-16", "Save the list as UTF-8.");
            if (bytes is [0xEF, 0xBB, 0xBF, ..]) bytes = bytes[3..];
        }

        if (bytes.Contains((byte)0))
            throw new ArkInputException(
                path, $"line {number}", "contains a zero byte, so it is no text in UTF-8 encoding", "Save the list as UTF-8 text.");
        try
        {
            return Strict.GetString(bytes).Trim();
        }
        catch (DecoderFallbackException e)
        {
            throw new ArkInputException(path, $"line {number}", "is not valid UTF-8", "Save the list with the encoding UTF-8.", e);
        }
    }
}
