using System.Diagnostics;
using System.Runtime.InteropServices;
using TorchSharp;

namespace Ark;

/// <summary>
/// Functions of libtorch that it exports in C++ and TorchSharp does not offer. Their arguments and what they do are those of one version:
/// of another none is found, and what needs them has its plain way.
/// </summary>
/// <remarks>Rests on: the one function that is called here being C and without arguments, in every libtorch that exports it.</remarks>
internal static unsafe class TorchSymbols
{
    /// <summary>The version whose functions are called: 2.10, as the library encodes it.</summary>
    public const int Version = 0x020A;

    private const int VersionShift = 48;

    /// <summary>The version of the libtorch that is loaded; 0 where it does not tell.</summary>
    public static int LoadedVersion
    {
        get
        {
            // A function in C, made for this question: uint64_t aoti_torch_abi_version(void), major and minor in the upper two bytes.
            if (!TryExport("aoti_torch_abi_version", out var address)) return 0;
            Debug.Assert(address != 0, "What is exported has an address.");
            return (int)(((delegate* unmanaged<ulong>)address)() >> VersionShift);
        }
    }

    /// <summary>Whether functions may be called.</summary>
    public static bool IsKnownVersion { get; } = LoadedVersion == Version;

    /// <summary>The address of a function; zero where it is missing, or libtorch is of another version.</summary>
    /// <param name="symbol">Its mangled name.</param>
    public static nint Find(string symbol) => IsKnownVersion && TryExport(symbol, out var address) ? address : 0;

    private static bool TryExport(string symbol, out nint address)
    {
        address = 0;
        // The library is loaded already, by TorchSharp; this gives its handle.
        return OperatingSystem.IsLinux()
            && NativeLibrary.TryLoad("libtorch_cpu.so", typeof(torch).Assembly, DllImportSearchPath.AssemblyDirectory, out var library)
            && NativeLibrary.TryGetExport(library, symbol, out address);
    }
}
