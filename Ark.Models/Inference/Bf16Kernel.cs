using System.Diagnostics;
using System.Runtime.Intrinsics.X86;
using static TorchSharp.torch;

namespace Ark.Models;

/// <summary>
/// oneDNN's kernel for products of small bfloat16 matrices with single-precision sums, which libtorch exports. .NET has no bfloat16
/// instructions; this one generates machine code for each shape and thread.
/// </summary>
/// <remarks>Rests on: the argument list of the libtorch whose version <see cref="TorchSymbols"/> compares, on processors and with settings
/// under which the function does not throw; and on rows and panels being as long as their layers say.</remarks>
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

    /// <summary>Why bfloat16 is computed in single precision here, for messages; <see langword="null"/> where it is not.</summary>
    public static string? Obstacle { get; private set; }

    /// <summary>AVX512_BF16: bit 5 of EAX in leaf 7, subleaf 1.</summary>
    public static bool HasInstructions => X86Base.IsSupported && Avx512BW.IsSupported && (X86Base.CpuId(7, 1).Eax & (1 << 5)) != 0;

    /// <summary>C [rows, columns] = A [rows, depth] · B, or added to C. B holds pairs: [depth / 2, columns, 2]; depth is even.</summary>
    public static void Multiply(
        ushort* a, nint lda, ushort* b, nint ldb, float* c, nint ldc, int rows, nint depth, int columns, bool add)
    {
        Debug.Assert(IsSupported && depth % 2 == 0 && lda >= depth && ldb >= columns && ldc >= columns, "Rows hold what is read.");
        Function(rows, columns, depth, lda, ldb, ldc, add ? (byte)1 : (byte)0, a, b, c, 1);
    }

    private static delegate* unmanaged<long, long, long, long, long, long, byte, ushort*, ushort*, float*, byte, void> Find()
    {
        if (OperatingSystem.IsLinux() && HasInstructions)
        {
            // Whatever TorchSharp has loaded is what counts; a second copy would not be initialised.
            InitializeDeviceType(TorchSharp.DeviceType.CPU);
        }

        Obstacle = ObstacleOf(
            OperatingSystem.IsLinux() && HasInstructions,
            Environment.GetEnvironmentVariable,
            () => TorchSymbols.IsKnownVersion && TorchSymbols.Find(Symbol) != 0);
        return Obstacle is null
            ? (delegate* unmanaged<long, long, long, long, long, long, byte, ushort*, ushort*, float*, byte, void>)TorchSymbols.Find(Symbol)
            : null;
    }

    /// <summary>What keeps the kernel from being called; see <see cref="OneDnnLimit.ObstacleOf"/>.</summary>
    internal static string? ObstacleOf(bool hasInstructions, Func<string, string?> variable, Func<bool> isExported) =>
        OneDnnLimit.ObstacleOf(hasInstructions ? null : "AVX512-BF16", OneDnnLimit.FromBf16, variable, isExported);
}
