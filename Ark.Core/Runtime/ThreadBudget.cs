using static TorchSharp.torch;

namespace Ark;

/// <summary>
/// How many threads libtorch computes with. It counts the machine's cores; what the process may use, by affinity or by a container's quota,
/// can be less, and threads beyond that only wait for each other.
/// </summary>
internal static class ThreadBudget
{
    private static readonly string[] Given = ["OMP_NUM_THREADS", "MKL_NUM_THREADS"];

    /// <summary>Who decided on the number of threads, in words.</summary>
    public static string Description { get; private set; } = "";

    /// <summary>
    /// Lowers libtorch's number of threads to the processors of the process, unless the environment names a number. libtorch must be
    /// loaded.
    /// </summary>
    public static void Apply()
    {
        if (Given.FirstOrDefault(name => Environment.GetEnvironmentVariable(name) is { Length: > 0 }) is { } name)
        {
            Description = $"{name}={Environment.GetEnvironmentVariable(name)} (environment)";
            return;
        }

        // .NET's count heeds affinity, quotas of cgroups (rounded up) and DOTNET_PROCESSOR_COUNT.
        if (get_num_threads() > Environment.ProcessorCount) set_num_threads(Environment.ProcessorCount);
        Description = $"{Environment.ProcessorCount} processors for this process";
    }
}
