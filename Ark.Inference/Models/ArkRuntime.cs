using System.Globalization;
using System.Reflection;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;
using Ark.Data;
using Ark.Models;
using TorchSharp;

namespace Ark.Inference;

/// <summary>What Ark found on this machine and how it computes here: the first thing to log, and to send along with a question.</summary>
public static class ArkRuntime
{
    /// <summary>
    /// Describes versions, processors, threads, how they wait, and which arithmetic runs on which path. Loads libtorch and libvips; <c>ark
    /// --version --verbose</c> prints the same.
    /// </summary>
    /// <returns>Names and values, in an order to be read; both may change between versions.</returns>
    public static IReadOnlyList<KeyValuePair<string, string>> Describe()
    {
        string? failure = null;
        try
        {
            NativeRuntime.Ensure();
        }
        catch (InvalidOperationException e)
        {
            // What is there is worth the more to know.
            failure = e.Message;
        }

        return
        [
            new("Ark", VersionOf(typeof(ArkRuntime).Assembly)),
            new(".NET", $"{RuntimeInformation.FrameworkDescription} on {RuntimeInformation.OSDescription} "
                + $"({RuntimeInformation.ProcessArchitecture})"),
            new("processors", Environment.ProcessorCount.ToString(CultureInfo.InvariantCulture)),
            new("memory", $"{GC.GetGCMemoryInfo().TotalAvailableMemoryBytes >> 20} MB"),
            new("threads", failure is null ? $"{torch.get_num_threads()} ({ThreadBudget.Description})" : "unknown"),
            new("waiting threads", WaitPolicy.Description),
            new("instructions", Instructions()),
            new("inference, fp32", KernelWidth.Description),
            new("inference, bf16", Rounded(failure, () => Bf16Kernel.IsSupported)),
            new("inference, int8", Rounded(failure, () => Int8Kernel.IsSupported)),
            new("TorchSharp", VersionOf(typeof(torch).Assembly)),
            new("libtorch", failure
                ?? $"{torch.__version__}, {(torch.cuda.is_available() ? $"{torch.cuda.device_count()} CUDA devices" : "no CUDA device")}"),
            new("libvips", VipsRuntime.Version ?? "missing"),
        ];
    }

    // Kernels are looked for in libtorch, which has to be there.
    private static string Rounded(string? failure, Func<bool> hasKernel) =>
        failure is not null ? "unknown" : KernelWidth.IsSupported && hasKernel() ? "oneDNN kernels on CPUs" : "computed in fp32";

    private static string Instructions()
    {
        (string Name, bool IsThere)[] known =
        [
            ("AVX2", Avx2.IsSupported), ("AVX-512", Avx512F.IsSupported), ("AVX512-BF16", Bf16Kernel.HasInstructions),
            ("AVX512-VNNI", Int8Kernel.HasInstructions),
            ("NEON", System.Runtime.Intrinsics.Arm.AdvSimd.IsSupported),
        ];
        var there = known.Where(k => k.IsThere).Select(k => k.Name).ToList();
        return there.Count == 0 ? "none that Ark asks for" : string.Join(", ", there);
    }

    private static string VersionOf(Assembly assembly) =>
        assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion
            ?? assembly.GetName().Version?.ToString()
            ?? "unknown";
}
