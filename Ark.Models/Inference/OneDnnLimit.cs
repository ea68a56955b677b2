namespace Ark.Models;

/// <summary>The limit that the environment may set to the instructions that oneDNN uses.</summary>
internal static class OneDnnLimit
{
    /// <summary>Levels from AVX-512 with bfloat16 on, and the words for no limit.</summary>
    public static IReadOnlySet<string> FromBf16 { get; } = new HashSet<string>(StringComparer.OrdinalIgnoreCase)
    {
        "", "DEFAULT", "ALL", "AVX512_CORE_BF16", "AVX512_CORE_FP16", "AVX512_CORE_AMX", "AVX512_CORE_AMX_FP16", "AVX10_1_512",
        "AVX10_1_512_AMX", "AVX10_1_512_AMX_FP16",
    };

    /// <summary>Levels from AVX-512 with VNNI on, which came one generation before.</summary>
    public static IReadOnlySet<string> FromVnni { get; } =
        new HashSet<string>(FromBf16, StringComparer.OrdinalIgnoreCase) { "AVX512_CORE_VNNI" };

    /// <summary>
    /// What keeps a kernel of oneDNN that libtorch exports from being called. It throws C++ exceptions, which end the process, where oneDNN
    /// may not use the instructions that the processor has.
    /// </summary>
    /// <param name="instructions">The processor's instructions that the kernel needs; <see langword="null"/> where it has them.</param>
    /// <param name="sufficient">Limits that leave them.</param>
    /// <param name="variable">Gives variables of the environment.</param>
    /// <param name="isExported">Whether libtorch has the function, in the version that it is known of.</param>
    public static string? ObstacleOf(
        string? instructions, IReadOnlySet<string> sufficient, Func<string, string?> variable, Func<bool> isExported)
    {
        if (instructions is not null) return $"the processor has no {instructions} instructions";
        // oneDNN takes the first that is set.
        foreach (var name in (string[])["ONEDNN_MAX_CPU_ISA", "DNNL_MAX_CPU_ISA"])
        {
            if (variable(name) is { Length: > 0 } limit)
            {
                if (!sufficient.Contains(limit)) return $"{name} limits instructions to {limit}";
                break;
            }
        }

        return isExported() ? null : "libtorch is of another version, or lacks the kernel";
    }
}
