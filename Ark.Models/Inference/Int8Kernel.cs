using System.Diagnostics;
using System.Runtime.Intrinsics.X86;
using static TorchSharp.torch;

namespace Ark.Models;

/// <summary>
/// oneDNN's kernel for products of small matrices of 8-bit integers with exact 32-bit sums, which libtorch exports. .NET reaches the
/// processor's instructions for this only at half their width.
/// </summary>
/// <remarks>Rests on: the argument list of the libtorch whose version <see cref="TorchSymbols"/> compares, on processors and with settings
/// under which the function does not throw; and on rows and panels being as long as their layers say.</remarks>
internal static unsafe class Int8Kernel
{
    /// <summary>Depths that lie together in B.</summary>
    public const int Group = 4;

    /// <summary>
    /// <c>at::native::cpublas::brgemm(M, N, K, lda, ldb, ldc, add, A, B, C, groups)</c>. It throws where it cannot compute, so it is called
    /// only where it can. Its message asks for AMX; VNNI is enough.
    /// </summary>
    private const string Symbol = "_ZN2at6native7cpublas6brgemmEllllllbPKhPKaPib";

    private static readonly delegate* unmanaged<long, long, long, long, long, long, byte, byte*, sbyte*, int*, byte, void> Function =
        Find();

    public static bool IsSupported => Function is not null;

    /// <summary>Why 8-bit integers are not computed with here, for messages; <see langword="null"/> where they are.</summary>
    public static string? Obstacle { get; private set; }

    /// <summary>AVX512_VNNI: bit 11 of ECX in leaf 7.</summary>
    public static bool HasInstructions => X86Base.IsSupported && Avx512BW.IsSupported && (X86Base.CpuId(7, 0).Ecx & (1 << 11)) != 0;

    /// <summary>C [rows, columns] = A [rows, depth] · B, or added to C. B holds fours: [depth / 4, columns, 4].</summary>
    public static void Multiply(byte* a, nint lda, sbyte* b, nint ldb, int* c, nint ldc, int rows, nint depth, int columns, bool add)
    {
        Debug.Assert(IsSupported && depth % Group == 0 && lda >= depth && ldb >= columns && ldc >= columns, "Rows hold what is read.");
        Function(rows, columns, depth, lda, ldb, ldc, add ? (byte)1 : (byte)0, a, b, c, 1);
    }

    private static delegate* unmanaged<long, long, long, long, long, long, byte, byte*, sbyte*, int*, byte, void> Find()
    {
        var hasInstructions = OperatingSystem.IsLinux() && HasInstructions;
        // Whatever TorchSharp has loaded is what counts; a second copy would not be initialised.
        if (hasInstructions) InitializeDeviceType(TorchSharp.DeviceType.CPU);
        Obstacle = ObstacleOf(
            hasInstructions, Environment.GetEnvironmentVariable, () => TorchSymbols.IsKnownVersion && TorchSymbols.Find(Symbol) != 0);
        return Obstacle is null
            ? (delegate* unmanaged<long, long, long, long, long, long, byte, byte*, sbyte*, int*, byte, void>)TorchSymbols.Find(Symbol)
            : null;
    }

    /// <summary>What keeps the kernel from being called; see <see cref="OneDnnLimit.ObstacleOf"/>.</summary>
    internal static string? ObstacleOf(bool hasInstructions, Func<string, string?> variable, Func<bool> isExported) =>
        OneDnnLimit.ObstacleOf(hasInstructions ? null : "AVX512-VNNI", OneDnnLimit.FromVnni, variable, isExported);
}
