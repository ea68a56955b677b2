using System.Runtime.InteropServices;

namespace Ark;

/// <summary>
/// How libtorch's OpenMP threads wait for each other. By default they spin: beside any other work on the same cores, or under a container's quota, a process then
/// spends most of its time on waiting. The policy is read once, when the OpenMP library is loaded, so it has to be set before.
/// </summary>
internal static partial class WaitPolicy
{
    private const string Standard = "OMP_WAIT_POLICY";

    // Each of these says how long threads spin: libgomp on Linux, the Intel and LLVM libraries elsewhere.
    private static readonly string[] Known = [Standard, "GOMP_SPINCOUNT", "KMP_BLOCKTIME"];

    /// <summary>The policy in force and who set it, in words.</summary>
    public static string Description { get; private set; } = "";

    /// <summary>Lets threads sleep while they wait, unless the environment says otherwise.</summary>
    public static void Apply()
    {
        if (Known.FirstOrDefault(name => Environment.GetEnvironmentVariable(name) is { Length: > 0 }) is { } given)
            Description = $"{given}={Environment.GetEnvironmentVariable(given)} (environment)";
        else if (IsOpenMpLoaded())
            Description = "the OpenMP library's own (it was loaded before Ark)";
        else
            Description = Set() ? "passive" : "the OpenMP library's own (it could not be set)";
    }

    private static bool Set()
    {
        // .NET keeps a copy of the environment for itself: native code on Unix does not see what is set there.
        if (OperatingSystem.IsWindows())
        {
            Environment.SetEnvironmentVariable(Standard, "PASSIVE");
            return true;
        }

        try
        {
            return setenv(Standard, "PASSIVE", overwrite: 0) == 0;
        }
        catch (Exception e) when (e is DllNotFoundException or EntryPointNotFoundException)
        {
            return false;
        }
    }

    private static bool IsOpenMpLoaded()
    {
        try
        {
            return OperatingSystem.IsLinux() && File.ReadLines("/proc/self/maps").Any(line => line.Contains("/libgomp", StringComparison.Ordinal));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Without /proc nobody can tell, and setting the variable too late does no harm.
            return false;
        }
    }

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int setenv(string name, string value, int overwrite);
}
