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

    // Levels of oneDNN's instruction sets with the ones that the kernel needs, and the words for no limit.
    private static readonly HashSet<string> Sufficient = new(StringComparer.OrdinalIgnoreCase)
    {
        "", "DEFAULT", "ALL", "AVX512_CORE_BF16", "AVX512_CORE_FP16", "AVX512_CORE_AMX", "AVX512_CORE_AMX_FP16", "AVX10_1_512",
        "AVX10_1_512_AMX", "AVX10_1_512_AMX_FP16",
    };

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

    /// <summary>
    /// What keeps the kernel from being called. It throws C++ exceptions, which end the process, where oneDNN may not use the
    /// instructions that the processor has.
    /// </summary>
    /// <param name="hasInstructions">Whether the processor can.</param>
    /// <param name="variable">Gives variables of the environment.</param>
    /// <param name="isExported">Whether libtorch has the function, in the version that it is known of.</param>
    internal static string? ObstacleOf(bool hasInstructions, Func<string, string?> variable, Func<bool> isExported)
    {
        if (!hasInstructions) return "the processor has no AVX512-BF16 instructions";
        // oneDNN takes the first that is set.
        foreach (var name in (string[])["ONEDNN_MAX_CPU_ISA", "DNNL_MAX_CPU_ISA"])
        {
            if (variable(name) is { Length: > 0 } limit)
            {
                if (!Sufficient.Contains(limit)) return $"{name} limits instructions to {limit}";
                break;
            }
        }

        return isExported() ? null : "libtorch is of another version, or lacks the kernel";
    }
}
