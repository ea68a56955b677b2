namespace Ark.Fuzz;

internal static class ByteLines
{
    /// <summary>The parts of bytes between separators.</summary>
    public static List<byte[]> Split(this byte[] bytes, byte separator)
    {
        var parts = new List<byte[]>();
        var from = 0;
        for (var i = 0; i <= bytes.Length; i++)
        {
            if (i < bytes.Length && bytes[i] != separator) continue;
            parts.Add(bytes[from..i]);
            from = i + 1;
        }

        return parts;
    }
}
