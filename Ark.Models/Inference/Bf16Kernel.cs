using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;
using static TorchSharp.torch;

namespace Ark.Models;

/// <summary>
/// oneDNN's kernel for products of small bfloat16 matrices with single-precision sums, which libtorch exports. .NET has no bfloat16
/// instructions; this one generates machine code for each shape and thread.
/// </summary>
internal static unsafe class Bf16Kernel
{
    /// <summary>
    /// <c>at::native::cpublas::brgemm(M, N, K, lda, ldb, ldc, add, A, B, C, pairs)</c>. It throws where it cannot compute, so it is called
    /// only where it can.
    /// </summary>
    private const string Symbol = "_ZN2at6native7cpublas6brgemmEllllllbPKN3c108BFloat16ES5_Pfb";

    private static readonly delegate* unmanaged<long, long, long, long, long, long, byte, ushort*, ushort*, float*, byte, void> Function =
        Find();

    public static bool IsSupported => Function is not null;

    /// <summary>AVX512_BF16: bit 5 of EAX in leaf 7, subleaf 1.</summary>
    public static bool HasInstructions => X86Base.IsSupported && Avx512BW.IsSupported && (X86Base.CpuId(7, 1).Eax & (1 << 5)) != 0;

    /// <summary>C [rows, columns] = A [rows, depth] · B, or added to C. B holds pairs: [depth / 2, columns, 2]; depth is even.</summary>
    public static void Multiply(
        ushort* a, nint lda, ushort* b, nint ldb, float* c, nint ldc, int rows, nint depth, int columns, bool add) =>
        Function(rows, columns, depth, lda, ldb, ldc, add ? (byte)1 : (byte)0, a, b, c, 1);

    private static delegate* unmanaged<long, long, long, long, long, long, byte, ushort*, ushort*, float*, byte, void> Find()
    {
        if (!OperatingSystem.IsLinux() || !HasInstructions) return null;
        // Whatever TorchSharp has loaded is what counts; a second copy would not be initialised.
        InitializeDeviceType(TorchSharp.DeviceType.CPU);
        return NativeLibrary.TryLoad("libtorch_cpu.so", typeof(nn).Assembly, DllImportSearchPath.AssemblyDirectory, out var library)
            && NativeLibrary.TryGetExport(library, Symbol, out var address)
                ? (delegate* unmanaged<long, long, long, long, long, long, byte, ushort*, ushort*, float*, byte, void>)address
                : null;
    }
}
