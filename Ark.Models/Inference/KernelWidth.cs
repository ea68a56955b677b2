using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;

namespace Ark.Models;

/// <summary>
/// How wide the registers are that the kernels use. It is chosen once for the process: as wide as the processor and the runtime's own
/// switches allow, or as <see cref="Variable"/> says.
/// </summary>
internal static class KernelWidth
{
    /// <summary>The environment's variable that narrows it: 512, 256, 128, or 0 for libtorch's plain operators.</summary>
    public const string Variable = "ARK_VECTOR_BITS";

    private static readonly int Bits = Choose(
        Environment.GetEnvironmentVariable(Variable),
        Avx512F.IsSupported && Avx512BW.IsSupported && Avx512DQ.IsSupported,
        Avx2.IsSupported && Fma.IsSupported,
        Fma.IsSupported || AdvSimd.Arm64.IsSupported);

    /// <summary>Whether there are kernels for this processor.</summary>
    public static bool IsSupported => Bits > 0;

    /// <summary>Whether registers have 512 bits: <see cref="Lanes16"/>.</summary>
    public static bool Is512 => Bits == 512;

    /// <summary>Whether they have 256 bits: <see cref="Lanes8"/>; <see cref="Lanes4"/> otherwise.</summary>
    public static bool Is256 => Bits == 256;

    /// <summary>What is used, for reports.</summary>
    public static string Description => Bits switch
    {
        512 => "AVX-512 kernels on CPUs",
        256 => "AVX2 kernels on CPUs",
        128 => AdvSimd.IsSupported ? "NEON kernels on CPUs" : "128-bit kernels on CPUs",
        _ => "plain operators of libtorch",
    };

    /// <summary>The widest that there is and that is allowed; a word that means nothing allows all.</summary>
    internal static int Choose(string? allowed, bool has512, bool has256, bool has128)
    {
        var most = allowed switch { "0" => 0, "128" => 128, "256" => 256, _ => 512 };
        if (has512 && most >= 512) return 512;
        if (has256 && most >= 256) return 256;
        return has128 && most >= 128 ? 128 : 0;
    }
}
