using System.Text;

namespace Ark.Data;

/// <summary>
/// Reads an array of texts of fixed width, numpy's <c>U</c> (UTF-32) or <c>S</c> (bytes, taken as UTF-8), of any shape, in its order.
/// </summary>
internal static class NpzTexts
{
    private const int MaxTextLength = 4096;

    /// <summary>Reads an array.</summary>
    /// <param name="archive">The archive.</param>
    /// <param name="key">The array.</param>
    /// <param name="most">How many texts it may have: a small file can claim to hold any number of them.</param>
    /// <returns>The texts.</returns>
    /// <exception cref="ArkInputException">The array is malformed, or holds no texts.</exception>
    public static string[] Read(NpzArchive archive, string key, int most)
    {
        using var array = archive.OpenArray(key);
        var header = array.Header;
        if (header.Kind is not ('U' or 'S')) throw array.Error("the dtype is not that of texts");
        if (header.ElementSize > MaxTextLength * 4 || header.Count > most)
            throw array.Error($"the shape {header.ShapeText} is too large: at most {most} texts belong there");
        var encoding = header.Kind == 'S' ? Encoding.UTF8 : new UTF32Encoding(header.BigEndian, byteOrderMark: false);
        var raw = new byte[header.ElementSize];
        var texts = new string[header.Count];
        for (var n = 0; n < texts.Length; n++)
        {
            array.Read(raw);
            texts[n] = encoding.GetString(raw).TrimEnd('\0');
        }

        array.Finish();
        return texts;
    }
}
