using System.Buffers.Binary;
using System.Text;

namespace Ark.Tests;

/// <summary>Writes pickles opcode by opcode, also ones that no program would write.</summary>
internal static class Opcodes
{
    public static void Pickle(Stream file, string opcodes) => file.Write(Encoding.Latin1.GetBytes("\u0080\u0002" + opcodes + "."));

    public static string Text(string text) => "X" + FourBytes(text.Length) + text;

    public static string Whole(int number) => "J" + FourBytes(number);

    private static string FourBytes(int number)
    {
        Span<byte> bytes = stackalloc byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, number);
        return Encoding.Latin1.GetString(bytes);
    }
}
