using System.Globalization;

namespace Ark;

/// <summary>Names of the opcodes that are refused, for messages.</summary>
internal static class PickleOpcodes
{
    public static string NameOf(byte opcode) => opcode switch
    {
        (byte)'i' => "INST",
        (byte)'o' => "OBJ",
        (byte)'P' => "PERSID",
        (byte)'S' => "STRING",
        (byte)'V' => "UNICODE",
        0x82 => "EXT1",
        0x83 => "EXT2",
        0x84 => "EXT4",
        0x97 => "NEXT_BUFFER",
        0x98 => "READONLY_BUFFER",
        _ => "0x" + opcode.ToString("x2", CultureInfo.InvariantCulture),
    };
}
