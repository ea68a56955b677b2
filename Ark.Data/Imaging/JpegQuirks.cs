namespace Ark.Data;

/// <summary>
/// Puts right what libjpeg warns of although nothing is lost: parameters that it does not use and that some writers leave wrong. What is
/// left to warn of is damage, and a picture with damage is refused.
/// </summary>
internal static class JpegQuirks
{
    private const byte LastCoefficient = 63;

    /// <summary>A JPEG without such faults.</summary>
    /// <param name="jpeg">The file.</param>
    /// <returns>The same array where there is nothing to do, else a copy.</returns>
    public static byte[] Mend(byte[] jpeg)
    {
        var mended = jpeg;
        var isSequential = false;
        var components = 0;
        int? adobe = null;
        for (var at = 2; at + 4 <= jpeg.Length;)
        {
            // Any number of fill bytes stands before a marker.
            if (jpeg[at] != 0xFF) break;
            var marker = jpeg[at + 1];
            if (marker == 0xFF)
            {
                at++;
                continue;
            }

            if (marker is 0xD8 or 0x01 or (>= 0xD0 and <= 0xD7))
            {
                at += 2;
                continue;
            }

            var length = (jpeg[at + 2] << 8) | jpeg[at + 3];
            if (marker == 0xD9 || length < 2 || at + 2 + length > jpeg.Length) break;
            var content = jpeg.AsSpan(at + 4, length - 2);
            switch (marker)
            {
                // A revision of JFIF that there is not changes nothing.
                case 0xE0 when content.Length >= 7 && content.StartsWith("JFIF\0"u8) && content[5] != 1:
                    Set(at + 4 + 5, 1);
                    break;
                case 0xEE when content.Length >= 12 && content.StartsWith("Adobe"u8):
                    adobe = at + 4 + 11;
                    break;
                case 0xC0 or 0xC1 or 0xC2 when content.Length >= 6:
                    (isSequential, components) = (marker != 0xC2, content[5]);
                    break;
                case 0xDA when content.Length >= 1 && content.Length == 4 + (2 * content[0]):
                    MendScan(at + 4 + content.Length - 3);
                    break;
            }

            at += 2 + length;
            if (marker == 0xDA) at = EndOfScan(jpeg, at);
        }

        return mended;

        void MendScan(int parameters)
        {
            // An unknown transform is taken for the usual one of as many colours.
            if (adobe is { } transform && jpeg[transform] > 2 && components is 3 or 4) Set(transform, (byte)(components - 2));
            if (!isSequential) return;
            byte[] right = [0, LastCoefficient, 0];
            for (var i = 0; i < right.Length; i++)
            {
                if (jpeg[parameters + i] != right[i]) Set(parameters + i, right[i]);
            }
        }

        void Set(int index, byte value)
        {
            if (ReferenceEquals(mended, jpeg)) mended = (byte[])jpeg.Clone();
            mended[index] = value;
        }
    }

    // Coded data ends at the first marker that is neither a stuffed byte nor a restart.
    private static int EndOfScan(ReadOnlySpan<byte> jpeg, int at)
    {
        while (at + 1 < jpeg.Length)
        {
            var next = jpeg[at..].IndexOf((byte)0xFF);
            if (next < 0) break;
            at += next;
            if (at + 1 < jpeg.Length && jpeg[at + 1] is not (0 or (>= 0xD0 and <= 0xD7))) return at;
            at += 2;
        }

        return jpeg.Length;
    }
}
